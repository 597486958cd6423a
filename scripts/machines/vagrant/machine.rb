# What this host can do: its architecture, its accelerator, and the provider that Vagrant will use. src/machines decides by the same rules.
module TareVms
  GUESTS = TABLE.fetch("architectures").freeze
  PROVIDERS = TABLE.fetch("providers").keys.freeze
  # Providers that run a foreign architecture; the others have only machines like the host.
  EMULATING = TABLE.fetch("providers").select { |_name, provider| provider["emulates"] }.keys.freeze
  EMULATED_TIMEOUT_SCALE = TABLE.fetch("emulatedTimeoutScale")
  KVM = "/dev/kvm".freeze
  # UEFI for arm64, as Debian and Fedora install it.
  FIRMWARE = %w[/usr/share/AAVMF/AAVMF_CODE.fd /usr/share/edk2/aarch64/QEMU_EFI-pflash.raw].freeze

  module_function

  def darwin?
    RbConfig::CONFIG["host_os"].start_with?("darwin")
  end

  def host_machine
    @host_machine ||=
      if darwin? && apple_silicon?
        "aarch64"
      else
        { "x64" => "x86_64", "amd64" => "x86_64", "arm64" => "aarch64" }.fetch(RbConfig::CONFIG["host_cpu"]) { |cpu| cpu }
      end
  end

  # A Vagrant for Intel runs there too, translated by Rosetta, and its Ruby then takes the machine for one.
  def apple_silicon?
    IO.popen(%w[sysctl -n hw.optional.arm64], err: File::NULL, &:read).strip == "1"
  rescue SystemCallError
    false
  end

  def native?(guest)
    GUESTS.fetch(guest)["uname"] == host_machine
  end

  # How QEMU runs such a guest's instructions here: "kvm", "hvf" or "tcg" (full emulation).
  def accelerator(guest, provider)
    asked = one_of("TARE_VM_ACCEL", %w[auto kvm hvf tcg], "auto")
    return "tcg" unless native?(guest)
    return asked unless asked == "auto"
    return "hvf" if darwin?

    # libvirt starts QEMU as another user, so what this user may do says nothing.
    (provider == "qemu" ? File.writable?(KVM) : File.exist?(KVM)) ? "kvm" : "tcg"
  end

  def emulated?(guest, provider)
    EMULATING.include?(provider) ? accelerator(guest, provider) == "tcg" : !native?(guest)
  end

  # The provider of guests that are yet to be made, found as Vagrant finds it; nil where it has none.
  def provider
    flag = ARGV.index("--provider")
    named = (flag && ARGV[flag + 1]) || ARGV.filter_map { |word| word[/\A--provider=(.+)/, 1] }.first || text("VAGRANT_DEFAULT_PROVIDER")
    return named if named

    @provider ||= begin
      preferred = text("VAGRANT_PREFERRED_PROVIDERS", "").split(",").map(&:strip)
      # The preferred ones first; each list in the Vagrantfile's order.
      ((PROVIDERS & preferred) + PROVIDERS).find { |name| usable?(name) }
    end
  end

  def usable?(provider)
    plugin = Vagrant.plugin("2").manager.providers[provider.to_sym]
    !plugin.nil? && plugin[0].usable?(false)
  rescue StandardError
    # Vagrant itself says why, if it comes to that.
    false
  end

  # What the guest is told of the CPU under it. A foreign one can only be emulated, whatever the provider.
  def guest_of(guest, provider)
    how = EMULATING.include?(provider) ? accelerator(guest, provider) : provider
    how = "tcg" unless native?(guest)
    how.nil? ? "" : "#{host_machine}/#{how}"
  end

  # Whether `vagrant up` without a name brings this guest up.
  def possible?(guest)
    native?(guest) || EMULATING.include?(provider)
  end
end
