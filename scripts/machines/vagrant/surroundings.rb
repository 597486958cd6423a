# Before a guest is brought up: what would make it fail later, or silently slow. After it is destroyed: what stays on this machine.
require "shellwords"

module TareVms
  MIN_QEMU = TABLE.fetch("minQemu")

  # Where QEMU's own firmware for arm64 lies, by the names that vagrant-qemu expects: Homebrew's two places, and that of other installations.
  QEMU_FOLDERS = %w[/opt/homebrew/share/qemu /usr/local/share/qemu /opt/local/share/qemu /usr/share/qemu].freeze
  QEMU_FIRMWARE = %w[edk2-aarch64-code.fd edk2-arm-vars.fd].freeze

  module_function

  # The folder for vagrant-qemu; nil where none has what it copies from there.
  def qemu_folder
    QEMU_FOLDERS.find { |folder| QEMU_FIRMWARE.all? { |file| File.file?(File.join(folder, file)) } }
  end

  # Before a guest's turn: raises what stands in its way, and has made what it is to be given.
  def prepare(machine, guest)
    provider = machine.provider_name.to_s
    why = TareVms.troubles[guest] || obstacle(guest, provider) || (obstacle_at_libvirt(machine) if provider == "libvirt" && machine.id.nil?)
    raise Vagrant::Errors::VagrantError.new, why if why

    old = old_emulator(guest, provider)
    machine.ui.warn(old) if old
    others_left_out(provider).each { |said| machine.ui.warn(said) }
    make_box(machine, guest)
    make_payload(machine, guest) if machine.config.vm.provisioners.any? { |one| one.name == :payload }
  end

  # Guests that `vagrant up` without a name does not bring up, and why.
  def others_left_out(provider)
    return [] if (ARGV & GUESTS.keys).any? || !ARGV.include?("up")

    GUESTS.keys.reject { |guest| possible?(guest) }.map { |guest| "#{guest} is left out: #{obstacle(guest, provider)}" }
  end

  # What libvirt itself says; nil where nothing stands in the way. Debian's vagrant-libvirt brings neither libvirt's daemon nor QEMU.
  def obstacle_at_libvirt(machine)
    guest = GUESTS.fetch(machine.name.to_s)
    client = machine.provider.driver.connection.client
    return namesake(machine) if client.capabilities.include?("<arch name='#{guest["uname"]}'>")

    "libvirt has no QEMU here for #{guest["uname"]}: on Debian `apt-get install --no-install-recommends #{guest["qemuPackage"]}`, then `systemctl restart libvirtd`"
  rescue Vagrant::Errors::VagrantError => error
    "#{error.message.strip}. On Debian `apt-get install --no-install-recommends libvirt-daemon-system #{guest["qemuPackage"]}` brings it; " \
      "where it is installed, `systemctl start libvirtd`, and be root or in the group libvirt"
  end

  # A virtual machine that has this guest's name already; nil where there is none.
  def namesake(machine)
    name = "#{machine.provider_config.default_prefix}#{machine.name}"
    domain = machine.provider.driver.connection.client.list_all_domains.find { |one| one.name == name }
    return nil if domain.nil?

    home = File.dirname(domain.xml_desc[/<description>Source: (.*?)<\/description>/, 1].to_s)
    running = domain.active? ? "runs" : "is there, shut off"
    if home == ROOT
      return "#{name} #{running}, made from this checkout by other means: `sh scripts/tare.sh vms destroy` destroys those that " \
             "`tare vms run --keep` left, `virsh -c qemu:///system undefine --nvram #{name}` any other"
    end
    "#{name} #{running}: the virtual machine of #{home == '.' ? 'somebody else' : "the checkout #{home}"}, and its name is already taken. " \
      "`cd #{Shellwords.escape(home)} && vagrant destroy -f #{machine.name}` destroys it; TARE_VM_PREFIX=other- gives this one another name, " \
      "though guests that run at once measure each other"
  end

  # Why this provider cannot run the guest as it should; nil when it can.
  def obstacle(guest, provider)
    return "#{provider} cannot emulate #{guest} on this #{host_machine} host; --provider libvirt or qemu can" unless native?(guest) || EMULATING.include?(provider)
    return libvirt_obstacle if provider == "libvirt"
    return nil unless provider == "qemu"

    if text("TARE_VM_ACCEL", "auto") == "auto" && native?(guest) && File.exist?(KVM) && !File.writable?(KVM)
      return "#{KVM} is there, but you may not use it: `sudo usermod -aG kvm $USER` and log in again, or TARE_VM_ACCEL=tcg to emulate"
    end
    return nil unless guest == "arm64" && qemu_folder.nil?

    "vagrant-qemu needs #{QEMU_FIRMWARE.join(' and ')}, which are in none of #{QEMU_FOLDERS.join(', ')}: " \
      "Homebrew's qemu brings them; Debian's does not, so use --provider libvirt there"
  end

  # The session's QEMU has no network of libvirt's, by which Vagrant reaches a guest.
  def libvirt_obstacle
    session = text("LIBVIRT_DEFAULT_URI", "")
    return nil unless session.match?(%r{\Aqemu.*/session})

    "LIBVIRT_DEFAULT_URI=#{session} names libvirt of your session, whose guests Vagrant cannot reach by network: " \
      "`LIBVIRT_DEFAULT_URI=qemu:///system vagrant up` takes that of the system"
  end

  # A warning only: libvirt may use a QEMU that is not on PATH.
  def old_emulator(guest, provider)
    return nil unless EMULATING.include?(provider) && emulated?(guest, provider)

    program = "qemu-system-#{GUESTS.fetch(guest)["uname"]}"
    said = IO.popen([program, "--version"], err: File::NULL, &:read)[/version (\d+[\d.]*)/, 1]
    return nil if said.nil? || said.to_i >= MIN_QEMU

    "#{program} is version #{said}; emulated guests with newer kernels crash under it. Debian 12 has QEMU 10 in bookworm-backports"
  rescue SystemCallError
    nil
  end

  # libvirt keeps the guest's UEFI variables and its own copy of the box when the guest goes.
  def say_what_stays(machine, nvram)
    return unless machine.provider_name == :libvirt

    remove_variables(machine, nvram) if nvram
    box = machine.box
    return if box.nil?

    machine.ui.info("kept for the next time: box #{box_of(machine)}, and libvirt's copies of it, whose names begin with #{volume_of(box)} " \
                    "(virsh vol-list default; virsh vol-delete --pool default NAME)")
  end

  def remove_variables(machine, path)
    # A folder that this user may not look into says nothing of the file.
    return if !File.exist?(path) && (Process.uid.zero? || !File.directory?(File.dirname(path)) || File.executable?(File.dirname(path)))

    File.delete(path)
  rescue SystemCallError
    machine.ui.warn("the guest's UEFI variables may be left; to remove them: sudo rm -f #{path}")
  end
end
