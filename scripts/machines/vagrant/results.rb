# Brings a run's folder out of a guest, however the run ended.
require "fileutils"
require "tmpdir"

module TareVms
  MEASURED = TABLE.fetch("measuredExitCodes").freeze

  # What went wrong in which guest. At an error Vagrant would stop before the next guest, so the command fails at its end instead.
  @failures = []
  at_exit do
    unless @failures.empty?
      @failures.each { |failure| warn failure }
      exit 1
    end
  end

  class << self
    def fetch(machine, run)
      copy(machine, run)
    rescue Vagrant::Errors::VagrantError, SystemCallError => error
      fail_later(machine, "the results of #{machine.name} could not be fetched: #{error.message}")
    end

    private

    def copy(machine, run)
      guest = machine.communicate
      unless guest.test("test -d /srv/tare/results/#{run}", sudo: true)
        # `vagrant up` of a guest that is up already provisions nothing.
        machine.ui.info("no run #{run} in this guest; `vagrant provision` measures again")
        return
      end
      packed_there = "/tmp/tare-results.tar.gz"
      guest.sudo("tar -C /srv/tare/results -czf #{packed_there} #{run} && chmod a+r #{packed_there}")
      FileUtils.mkdir_p(results)
      Dir.mktmpdir("tare-results-") do |temporary|
        packed = File.join(temporary, "results.tar.gz")
        guest.download(packed_there, packed)
        unless system("tar", "-C", results, "-xzf", packed)
          raise Vagrant::Errors::VagrantError.new, "cannot unpack #{run} into #{results}"
        end
      end
      folder = File.join(results, run)
      box = box_of(machine)
      File.write(File.join(folder, "box"), "#{box}\n")
      said = File.join(folder, "exit-code")
      code = File.file?(said) ? File.read(said).to_i : nil
      machine.ui.info("results are in #{folder}; the bench ended with exit code #{code || '(none)'}; it ran in box #{box}")
      return if MEASURED.include?(code)

      # As a shell tells of a program that a signal killed.
      killed = code && code > 128 ? " (killed by SIG#{Signal.signame(code - 128)})" : ""
      fail_later(machine, "the bench in #{machine.name} did not end well#{killed}: see bench.log in #{folder}")
    end

    def fail_later(machine, failure)
      machine.ui.warn(failure)
      @failures << failure
    end
  end
end
