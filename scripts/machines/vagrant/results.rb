# Brings a run's folder out of a guest, however the run ended.
require "fileutils"
require "tmpdir"

module TareVms
  MEASURED = TABLE.fetch("measuredExitCodes").freeze

  # What went wrong, by guest. At an error Vagrant would stop before the next guest, so the command fails at its end instead.
  @failures = []
  at_exit do
    unless @failures.empty?
      # Vagrant silences Ruby's own `warn`.
      @failures.each { |guest, failure| $stderr.puts "#{guest}: #{failure}" }
      exit 1
    end
  end

  class << self
    def fetch(machine, run)
      # One that failed may be gone.
      return if @failures.any? { |guest, _failure| guest == machine.name } && machine.state.id != :running

      copy(machine, run)
    rescue Vagrant::Errors::VagrantError, SystemCallError => error
      fail_later(machine, "the results of #{machine.name} could not be fetched: #{error.message}")
    end

    def fail_later(machine, failure)
      machine.ui.error(failure)
      @failures << [machine.name, failure]
    end

    private

    def copy(machine, run)
      FileUtils.mkdir_p(results)
      Dir.mktmpdir("tare-results-") do |temporary|
        packed = File.join(temporary, "results.tar.gz")
        unless download(machine.communicate, run, packed)
          # `vagrant up` of a guest that is up already provisions nothing.
          machine.ui.info("no run #{run} in this guest; `vagrant provision` measures again")
          return
        end
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

      fail_later(machine, "the bench in #{machine.name} did not end well: #{ending(code)}. bench.log in #{folder} says more; " \
                          "`vagrant provision #{machine.name}` measures again")
    end

    # By one command: on an emulated CPU each takes seconds to log in. False where the guest has no such run.
    def download(guest, run, file)
      command = "if test -d /srv/tare/results/#{run}; then tar -C /srv/tare/results -cz #{run} | base64; fi"
      text = +""
      guest.sudo(command) { |stream, said| text << said if stream == :stdout }
      return false if text.strip.empty?

      File.binwrite(file, text.unpack1("m"))
      true
    end

    def ending(code)
      return "it left no exit code" if code.nil?
      # A shell's way to say that a signal ended a program.
      return "it was killed by SIG#{Signal.signame(code - 128)} (exit code #{code})" if code > 128 && Signal.signame(code - 128)

      "exit code #{code}"
    end
  end
end
