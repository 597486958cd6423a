# What the Vagrantfile is asked for by environment variables, with defaults (docs/vms.md), and what this host can do about it.
module TareVms
  # By Vagrant machine; `uname` is what the guest's kernel calls itself.
  GUESTS = {
    "amd64" => { uname: "x86_64", machine: "q35", cpu: "Nehalem", console: "ttyS0" },
    "arm64" => { uname: "aarch64", machine: "virt", cpu: "cortex-a57", console: "ttyAMA0" }
  }.freeze

  # Providers that run a foreign architecture, by emulating it; the others have only machines like the host.
  EMULATING = %w[libvirt qemu].freeze

  # Boxes of the public hub that have both architectures: cloud-image for QEMU's providers, bento for the others.
  HUB = {
    emulating: { name: "cloud-image/debian-12", version: "20250703.2162.0" },
    others: { name: "bento/debian-12", version: "202510.26.0" }
  }.freeze

  KERNELS = %w[5.10 6.1 6.12].freeze
  FIRMWARE = %w[/usr/share/AAVMF/AAVMF_CODE.fd /usr/share/edk2/aarch64/QEMU_EFI-pflash.raw].freeze

  # One per Vagrant process, however often it reads the Vagrantfile.
  RUN = ENV["TARE_RUN"] || Time.now.utc.strftime("%Y%m%d-%H%M%S")

  module_function

  # Whether this command makes or fills guests, this one among them. All others, `vagrant destroy` above all, must work whatever the settings are.
  def making?(guest = nil)
    named = ARGV & GUESTS.keys
    (ARGV & %w[up provision reload validate]).any? && (guest.nil? || named.empty? || named.include?(guest))
  end

  # Refuses a setting in a command that needs it.
  def refuse(message, guest = nil)
    raise Vagrant::Errors::VagrantError.new, message if making?(guest)
  end

  def text(name, default = nil)
    value = ENV.fetch(name, "")
    value.empty? ? default : value
  end

  def whole(name, default)
    value = text(name, default.to_s)
    return value.to_i if value.match?(/\A[1-9]\d*\z/)

    refuse("#{name}=#{value}: not a whole number; for example #{name}=#{default}")
    default
  end

  def one_of(name, known, default = nil)
    value = text(name, default)
    return value if value.nil? || known.include?(value)

    refuse("#{name}=#{value}: known are #{known.join(', ')}")
    default
  end

  def host_machine
    { "x64" => "x86_64", "amd64" => "x86_64", "arm64" => "aarch64" }.fetch(RbConfig::CONFIG["host_cpu"]) { |cpu| cpu }
  end

  def native?(guest)
    GUESTS.fetch(guest)[:uname] == host_machine
  end

  # How this host runs such a guest's instructions: "kvm", "hvf" or "tcg" (full emulation, by QEMU).
  def accelerator(guest)
    asked = one_of("TARE_VM_ACCEL", %w[auto kvm hvf tcg], "auto")
    return asked unless asked == "auto"
    return "tcg" unless native?(guest)
    return "hvf" if RbConfig::CONFIG["host_os"].start_with?("darwin")

    File.writable?("/dev/kvm") ? "kvm" : "tcg"
  end

  # What the guest cannot know, having no history: the commit that is measured with. Empty outside of a git checkout.
  def commit
    return text("TARE_COMMIT") if text("TARE_COMMIT")

    IO.popen(%w[git describe --always --dirty --abbrev=12], chdir: File.expand_path("../..", __dir__), err: File::NULL, &:read).strip
  rescue SystemCallError
    ""
  end

  # The provider that was asked for; nil leaves the choice to Vagrant.
  def provider
    flag = ARGV.index("--provider")
    (flag && ARGV[flag + 1]) || ARGV.filter_map { |word| word[/\A--provider=(.+)/, 1] }.first || text("VAGRANT_DEFAULT_PROVIDER")
  end

  # What the guest is told of the CPU under it; nothing where Vagrant chooses the provider, so that the guest looks for itself.
  def guest_of(guest)
    return "" if provider.nil?

    "#{host_machine}/#{EMULATING.include?(provider) ? accelerator(guest) : provider}"
  end

  def emulating?
    provider.nil? || EMULATING.include?(provider)
  end

  # Whether `vagrant up` without a name brings this guest up.
  def possible?(guest)
    native?(guest) || emulating?
  end

  # {name:, version:} of a hub's box, or {name:, file:, sha256:} of one that lies here.
  def box(guest)
    variable = "TARE_BOX_#{guest.upcase}"
    hub = HUB[emulating? ? :emulating : :others]
    asked = text(variable, hub[:name])
    return { name: asked, version: text("#{variable}_VERSION", asked == hub[:name] ? hub[:version] : nil) } unless asked.end_with?(".box")

    file = File.expand_path(asked)
    refuse("#{variable}=#{asked}: no such file; scripts/vagrant/box.sh makes one", guest) unless File.file?(file)

    beside = "#{file}.sha256"
    sha256 = text("#{variable}_SHA256") || (File.read(beside)[/\A\h{64}/] if File.file?(beside))
    { name: "tare/#{File.basename(file, '.box')}", file: file, sha256: sha256 }
  end

  # The file that scripts/vagrant/payload.sh made for the guest's architecture; nil: the guest fetches and compiles what it needs.
  def payload(guest)
    variable = "TARE_PAYLOAD_#{guest.upcase}"
    asked = text(variable)
    return asked if asked.nil? || File.file?(asked)

    refuse("#{variable}=#{asked}: no such file; scripts/vagrant/payload.sh makes one", guest)
    nil
  end

  # Where results go on this machine.
  def results
    File.expand_path(text("TARE_RESULTS", "results"), File.expand_path("../..", __dir__))
  end
end
