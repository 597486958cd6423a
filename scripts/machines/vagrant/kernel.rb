# Boots a guest of a public box with the kernel that was asked for. Vagrant's own `reboot: true` would boot it again at every provision, and
# also after a script that failed.
module TareVms
  class ChosenKernel < Vagrant.plugin("2", :provisioner)
    SCRIPT = File.expand_path("../guest/kernel.sh", __dir__)

    def provision
      series = config.series
      return machine.ui.info("kernel #{running} is of series #{series} already") if of?(series)

      machine.communicate.upload(SCRIPT, "/tmp/tare-kernel.sh")
      machine.communicate.sudo("sh /tmp/tare-kernel.sh #{series} #{KERNELS.fetch(series).fetch('suiteInBox')}") { |_stream, text| machine.ui.detail(text.chomp) }
      # Two minutes are Vagrant's limit, which an emulated guest does not keep.
      ENV["VAGRANT_MAX_REBOOT_RETRY_DURATION"] ||= machine.config.vm.boot_timeout.to_s
      machine.guest.capability(:reboot)
      return machine.ui.info("kernel #{running} was booted") if of?(series)

      raise Vagrant::Errors::VagrantError.new, "#{machine.name} booted kernel #{running}, not one of series #{series}; does its boot loader name another?"
    end

    private

    def running
      said = +""
      machine.communicate.execute("uname -r") { |stream, text| said << text if stream == :stdout }
      said.strip
    end

    def of?(series)
      running.start_with?("#{series}.")
    end
  end

  class ChosenKernelConfig < Vagrant.plugin("2", :config)
    attr_accessor :series
  end

  class ChosenKernelPlugin < Vagrant.plugin("2")
    name "tare: choice of a kernel"
    config(:tare_kernel, :provisioner) { ChosenKernelConfig }
    provisioner(:tare_kernel) { ChosenKernel }
  end
end
