# libvirt starts QEMU as another user, who may not look into most people's homes, where Vagrant unpacks boxes. The box's disk goes to
# libvirt's storage pool; so do its kernel and its initrd here, where that user could not read them.
module TareVms
  class InReach
    def initialize(app, _env)
      @app = app
    end

    def call(env)
      machine = env[:machine]
      config = machine.provider_config
      %i[kernel initrd].each do |part|
        file = config.public_send(part)
        config.public_send("#{part}=", InReach.in_pool(machine, file)) unless file.nil? || InReach.readable_by_all?(file)
      end
      @app.call(env)
    end

    class << self
      def readable_by_all?(file)
        File.world_readable?(file) && Pathname.new(file).dirname.ascend.all? { |folder| folder.stat.mode.anybits?(0o001) }
      end

      # The path of a file's copy in libvirt's storage pool.
      def in_pool(machine, file)
        client = machine.provider.driver.connection.client
        pool = client.lookup_storage_pool_by_name(machine.provider_config.storage_pool_name)
        name = "#{TareVms.volume_of(machine.box)}_#{File.basename(file)}"
        bytes = File.size(file)
        found = pool.list_volumes.include?(name) ? pool.lookup_volume_by_name(name) : nil
        return found.path if found && found.info.capacity == bytes

        found&.delete
        machine.ui.info("copying #{File.basename(file)} to libvirt's storage pool, where QEMU's user can read it")
        volume = pool.create_volume_xml("<volume><name>#{name}</name><capacity>#{bytes}</capacity><target><format type='raw'/>" \
                                        "<permissions><mode>0644</mode></permissions></target></volume>")
        stream = client.stream
        volume.upload(stream, 0, bytes)
        File.open(file, "rb") do |from|
          while (piece = from.read(250 * 1024))
            stream.send(piece)
          end
        end
        stream.finish
        volume.path
      end
    end
  end

  module_function

  # What the names of libvirt's copies of a box begin with.
  def volume_of(box)
    "#{box.name.gsub('/', '-VAGRANTSLASH-')}_vagrant_box_image_#{box.version}"
  end

  class InReachPlugin < Vagrant.plugin("2")
    name "tare: a kernel in reach of QEMU"
    action_hook(:tare_in_reach, :"VagrantPlugins::ProviderLibvirt::Action::CreateDomain") { |hook| hook.prepend(InReach) }
  end
end
