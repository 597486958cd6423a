# Prints, as JSON, what the Vagrantfile makes of the environment for each guest and provider: by the Vagrant that is there, or by the fake one.
#
#   ruby effective.rb COMMAND PROVIDER...      COMMAND: the words behind "vagrant"; "-": the provider that Vagrant chooses
require "json"
command = ARGV.shift.split
providers = ARGV.map(&:to_sym)
ARGV.replace(command)
require "vagrant"
environment = Vagrant::Environment.new(cwd: Dir.pwd)
environment.vagrantfile # the Vagrantfile asks for providers that are plugins
told = {}
providers.each do |named|
  provider = named == :- ? environment.default_provider(machine: :amd64) : named
  told[provider] = %i[amd64 arm64].to_h do |name|
    config = environment.vagrantfile.machine_config(name, provider, environment.boxes, nil, false)[:config]
    provisioners = config.vm.provisioners
    own = config.vm.get_provider_config(provider)
    [name, {
      box: config.vm.box,
      version: config.vm.box_version,
      url: config.vm.box_url,
      bootTimeout: config.vm.boot_timeout,
      guest: config.vm.guest,
      provisioners: provisioners.map(&:name),
      bench: provisioners.find { |one| one.name == :bench }.config.then { |shell| { path: shell.path, env: shell.env } },
      agents: provisioners.find { |one| one.name == :agents }&.config&.source,
      kernel: provisioners.find { |one| one.name == :kernel }&.config&.series,
      driver: provider == :libvirt ? own.driver : nil,
      serial: provider == :libvirt ? (own.serials || []).map { |one| one.dig(:source, :path) } : nil,
      trouble: TareVms.troubles[name.to_s]
    }]
  end
end
puts JSON.generate(told)
