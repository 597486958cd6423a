# Before a guest is brought up: what would make it fail later, or silently slow. After it is destroyed: what stays on this machine.
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

  def look_ahead(machine, guest)
    provider = machine.provider_name.to_s
    obstacle = obstacle(guest, provider)
    raise Vagrant::Errors::VagrantError.new, obstacle if obstacle

    old = old_emulator(guest, provider)
    machine.ui.warn(old) if old
  end

  # Why this provider cannot run the guest as it should; nil when it can.
  def obstacle(guest, provider)
    return "#{provider} cannot emulate #{guest} on this #{host_machine} host; --provider libvirt or qemu can" unless native?(guest) || EMULATING.include?(provider)
    return nil unless provider == "qemu"

    if text("TARE_VM_ACCEL", "auto") == "auto" && native?(guest) && File.exist?(KVM) && !File.writable?(KVM)
      return "#{KVM} is there, but you may not use it: `sudo usermod -aG kvm $USER` and log in again, or TARE_VM_ACCEL=tcg to emulate"
    end
    return nil unless guest == "arm64" && qemu_folder.nil?

    "vagrant-qemu needs #{QEMU_FIRMWARE.join(' and ')}, which are in none of #{QEMU_FOLDERS.join(', ')}: " \
      "Homebrew's qemu brings them; Debian's does not, so use --provider libvirt there"
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

    volume = "#{box.name.gsub('/', '-VAGRANTSLASH-')}_vagrant_box_image_#{box.version}"
    machine.ui.info("kept for the next time: box #{box_of(machine)}, and libvirt's copy of it, whose name begins with #{volume} " \
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
