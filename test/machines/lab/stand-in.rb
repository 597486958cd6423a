# A guest that is none, for what the Vagrantfile's own Ruby does with one; run in the lab, by the Ruby that Vagrant has.
#
#   ruby stand-in.rb fetch EXIT-CODE...    fetches the results of that many guests, whose runs ended so ("-": there is no exit code)
#   ruby stand-in.rb ahead GUEST PROVIDER  says what stands in the way of that guest with that provider
#   ruby stand-in.rb leave FILE            says what stays of a guest with its UEFI variables in that file
#   ruby stand-in.rb kernel FIRST SECOND   asks for kernel 6.12 where FIRST runs, and SECOND after the boot
require "vagrant"
require "fileutils"
%w[settings machine boxes kernel surroundings results].each { |part| require_relative "../../../scripts/machines/vagrant/#{part}" }

Ui = Class.new do
  %i[info warn detail].each { |level| define_method(level) { |text| puts "#{level}: #{text}" } }
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
    puts "sudo #{command}" unless command.start_with?("tar ")
    yield :stdout, "guest: said\n" if block_given?
  end

  def execute(_command) = yield(:stdout, "#{@kernels.first}\n")

  def download(_from, to)
    Dir.mktmpdir do |folder|
      FileUtils.mkdir_p(File.join(folder, "run"))
      File.write(File.join(folder, "run", "exit-code"), @exit_code) unless @exit_code == "-"
      system("tar", "-C", folder, "-czf", to, "run")
    end
  end
end

Machine = Struct.new(:name, :communicate, :kernels) do
  def ui = Ui.new
  def box = Struct.new(:name, :version, :provider).new("some/box", "7", :libvirt)
  def provider_name = :libvirt
  def guest = self
  def config = Struct.new(:vm).new(Struct.new(:boot_timeout).new(600))

  def capability(name)
    puts "capability #{name}"
    kernels.shift
  end
end

case ARGV.shift
when "fetch"
  ENV["TARE_RESULTS"] = Dir.mktmpdir
  ARGV.each_with_index { |code, at| TareVms.fetch(Machine.new("guest#{at}", Shell.new(code, [])), "run") }
  puts "box: #{File.read(File.join(TareVms.results, 'run', 'box'))}"
when "ahead"
  puts "obstacle: #{TareVms.obstacle(*ARGV)}", "warning: #{TareVms.old_emulator(*ARGV)}"
when "leave"
  TareVms.say_what_stays(Machine.new("guest"), ARGV.first)
  puts File.exist?(ARGV.first) ? "there" : "gone"
when "kernel"
  kernels = ARGV.dup
  config = Struct.new(:series).new("6.12")
  begin
    TareVms::ChosenKernel.new(Machine.new("guest", Shell.new("-", kernels), kernels), config).provision
  rescue Vagrant::Errors::VagrantError => error
    puts "raised: #{error.message}"
  end
end
