# Brings a run's folder out of a guest, whatever became of the run.
require "fileutils"
require "tmpdir"

module TareVms
  # Exit codes of a run that was measured: well, or with a verdict.
  MEASURED = [0, 1, 5].freeze

  module_function

  # Copies the run's folder to this machine and says how it ended. Raises where the run did not get to its end.
  def fetch(machine, run)
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
        raise Vagrant::Errors::VagrantError.new, "cannot unpack the results into #{results}"
      end
    end
    said = File.join(results, run, "exit-code")
    code = File.file?(said) ? File.read(said).to_i : nil
    machine.ui.info("results are in #{File.join(results, run)}; the bench ended with exit code #{code || '(none)'}")
    return if MEASURED.include?(code)

    raise Vagrant::Errors::VagrantError.new, "the bench in #{machine.name} did not end well: see bench.log in #{File.join(results, run)}"
  end
end
