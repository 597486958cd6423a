# A guest that is none, for what the Vagrantfile's own Ruby does with one; by the Vagrant that is there, or by the fake one.
#
#   ruby stand-in.rb fetch EXIT-CODE...         fetches the results of that many guests, whose runs ended so ("-": there is no exit code)
#   ruby stand-in.rb ahead GUEST PROVIDER       says what stands in the way of that guest with that provider
#   ruby stand-in.rb leave FILE                 says what stays of a guest with its UEFI variables in that file
#   ruby stand-in.rb kernel FIRST SECOND        asks for kernel 6.12 where FIRST runs, and SECOND after the boot
#   ruby stand-in.rb turns GUEST=ENDING...      guests that are brought up: well, with an error, or interrupted
#   ruby stand-in.rb namesake HOME STATE        a virtual machine of the guest's name, made from HOME ("-": nobody knows where)
#   ruby stand-in.rb damaged FILE               says why a file cannot be used as a box
#   ruby stand-in.rb reach FILE...              whether QEMU's user can read them
require "vagrant"
require "fileutils"
parts = %w[settings machine boxes kernel surroundings results making reach turn]
# As `vagrant up` would see it.
words = ARGV.dup
ARGV.replace(["up"])
parts.each { |part| require_relative "../../../scripts/machines/vagrant/#{part}" }

Ui = Class.new do
  %i[info warn detail error].each { |level| define_method(level) { |text| puts "#{level}: #{text}" } }
end

# What the guest's shell answers.
class Shell
  def initialize(exit_code, kernels)
    @exit_code = exit_code
    @kernels = kernels
  end

  def test(*) = true
  def upload(from, _to) = puts("upload #{File.basename(from)}")

  def sudo(command)
    # As a shell's output comes: piece by piece.
    return packed.chars.each_slice(100) { |piece| yield :stdout, piece.join } if command.end_with?("| base64; fi")

    puts "sudo #{command}"
    yield :stdout, "guest: said\n" if block_given?
  end

  def execute(_command) = yield(:stdout, "#{@kernels.first}\n")

  private

  def packed
    Dir.mktmpdir do |folder|
      FileUtils.mkdir_p(File.join(folder, "run"))
      File.write(File.join(folder, "run", "exit-code"), @exit_code) unless @exit_code == "-"
      [IO.popen(["tar", "-C", folder, "-cz", "run"], &:read)].pack("m")
    end
  end
end

Domain = Struct.new(:name, :xml_desc, :active) do
  alias_method :active?, :active
end

Machine = Struct.new(:name, :communicate, :kernels, :domains) do
  def ui = Ui.new
  def box = Struct.new(:name, :version, :provider).new("some/box", "7", :libvirt)
  def provider_name = :libvirt
  def guest = self
  def id = nil
  def state = Struct.new(:id).new(:not_created)
  def config = Struct.new(:vm).new(Struct.new(:boot_timeout, :provisioners).new(600, []))
  def provider_config = Struct.new(:default_prefix).new("tare-")
  # provider.driver.connection.client
  %i[provider driver connection client].each { |part| define_method(part) { self } }
  def list_all_domains = domains || []

  def capability(name)
    puts "capability #{name}"
    kernels.shift
  end
end

case words.shift
when "fetch"
  ENV["TARE_RESULTS"] = Dir.mktmpdir
  words.each_with_index { |code, at| TareVms.fetch(Machine.new("guest#{at}", Shell.new(code, [])), "run") }
  puts "box: #{File.read(File.join(TareVms.results, 'run', 'box'))}"
when "ahead"
  puts "obstacle: #{TareVms.obstacle(*words)}", "warning: #{TareVms.old_emulator(*words)}"
when "leave"
  TareVms.say_what_stays(Machine.new("guest"), words.first)
  puts File.exist?(words.first) ? "there" : "gone"
when "kernel"
  config = Struct.new(:series).new("6.12")
  begin
    TareVms::ChosenKernel.new(Machine.new("guest", Shell.new("-", words), words), config).provision
  rescue Vagrant::Errors::VagrantError => error
    puts "raised: #{error.message}"
  end
when "turns"
  words.each do |word|
    guest, ending = word.split("=")
    bring_up = lambda do |_env|
      raise Vagrant::Errors::VagrantInterrupt if ending == "interrupted"
      raise Vagrant::Errors::VagrantError.new, ending unless ending == "well"

      puts "#{guest} is up"
    end
    TareVms::Turn.new(bring_up, nil).call(machine: Machine.new(guest.to_sym))
    TareVms.fetch(Machine.new(guest.to_sym, Shell.new("0", [])), "run") unless ending == "well"
  end
when "namesake"
  home, state = words
  xml = home == "-" ? "<domain/>" : "<description>Source: #{home == 'here' ? TareVms::ROOT : home}/Vagrantfile</description>"
  other = Domain.new("tare-amd64", xml, state == "running")
  puts TareVms.namesake(Machine.new(:amd64, nil, nil, [Domain.new("another", "", true), other]))
when "damaged"
  puts "damaged: #{TareVms.damaged('amd64', words.first)}"
when "reach"
  words.each { |file| puts "#{file}: #{TareVms::InReach.readable_by_all?(file)}" }
end
