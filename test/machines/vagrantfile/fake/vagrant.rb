# As much of Vagrant as tare's Vagrantfile and its Ruby use, for machines that have Ruby alone: it keeps what is set. Vagrant itself reads the
# same files in the lab (test/machines/lab).
#
# TARE_TEST_VAGRANT_VERSION (2.3.4) and TARE_TEST_PROVIDERS (libvirt,qemu,virtualbox) say what is installed.
require "pathname"

module Vagrant
  VERSION = ENV.fetch("TARE_TEST_VAGRANT_VERSION", "2.3.4")

  module Errors
    VagrantError = Class.new(StandardError)
    VagrantInterrupt = Class.new(VagrantError)
  end

  # Answers every setting: `x = 1` keeps it, `x` gives it back, nil at first.
  class Settings
    attr_reader :kept

    def initialize
      @kept = {}
    end

    def method_missing(name, *values)
      name.end_with?("=") ? @kept[name.to_s.chomp("=").to_sym] = values.first : @kept[name]
    end

    def respond_to_missing?(name, _all = false)
      # What 2.4 brought.
      name != :box_architecture= || Gem::Version.new(VERSION) >= Gem::Version.new("2.4")
    end
  end

  # A provider's settings, some of which are calls.
  class Own < Settings
    def serial(**options) = (@kept[:serials] ||= []) << options
    def disk_driver(**) = nil
    def vmx = @kept[:vmx] ||= {}
  end

  Provisioner = Struct.new(:name, :type, :config)

  class Machine < Settings
    attr_reader :provisioners, :providers

    def initialize
      super
      @provisioners = []
      @providers = Hash.new { |all, name| all[name] = [] }
    end

    def provider(name, &block) = @providers[name.to_sym] << block
    def synced_folder(*, **) = nil

    def provision(name, type: nil, **options)
      found = @provisioners.find { |one| one.name == name.to_sym } || Provisioner.new(name.to_sym, type, Settings.new).tap { |one| @provisioners << one }
      found.config.kept.update(options)
    end
  end

  Config = Struct.new(:vm, :ssh, :trigger)
  Trigger = Class.new { %i[before after].each { |stage| define_method(stage) { |*| nil } } }

  class Root < Settings
    attr_reader :machines

    def vm = self
    def define(name, autostart: true, &block) = (@machines ||= {})[name.to_sym] = block
  end

  class << self
    attr_reader :root

    def require_version(*) = nil

    def configure(_version)
      @root = Root.new
      yield @root
    end

    def plugin(_version, kind = nil)
      kind == :provisioner ? ProvisionerPlugin : Plugin
    end
  end

  Usable = Class.new { def self.usable?(_raise) = true }
  Manager = Struct.new(:providers)

  class Plugin
    class << self
      %i[name provisioner config action_hook].each { |part| define_method(part) { |*| nil } }

      def manager
        Manager.new(ENV.fetch("TARE_TEST_PROVIDERS", "libvirt,qemu,virtualbox").split(",").to_h { |name| [name.to_sym, [Usable]] })
      end
    end
  end

  class ProvisionerPlugin
    attr_reader :machine, :config

    def initialize(machine, config)
      @machine = machine
      @config = config
    end
  end

  class Environment
    def initialize(cwd:)
      load File.join(cwd, "Vagrantfile")
    end

    def vagrantfile = self
    def boxes = nil
    def default_provider(**) = TareVms.provider.to_sym

    # As Vagrant does it: every provider's block runs, the chosen one's once more with what it overrides.
    def machine_config(name, provider, *)
      node = Config.new(Machine.new, Settings.new, Trigger.new)
      Vagrant.root.machines.fetch(name).call(node)
      own = {}
      node.vm.providers.each do |one, blocks|
        blocks.each do |block|
          block.call(own[one] ||= Own.new, Config.new(Machine.new))
          block.call(Own.new, node) if one == provider
        end
      end
      node.vm.kept[:box_url] = [node.vm.kept[:box_url]] if node.vm.kept[:box_url]
      node.vm.define_singleton_method(:get_provider_config) { |one| own.fetch(one) { Own.new.tap { |none| none.serials = [] } } }
      { config: node }
    end
  end
end
