# What tare makes on this machine for a guest: its box, and the payload, which is all that the guest would fetch and compile.
require "open3"
require "shellwords"

module TareVms
  @places = {}
  @payloads = {}

  class << self
    # Whether this machine has Debian's archive to make a box from, or can get what takes to.
    def can_make?
      %w[mmdebstrap apt-get].any? { |program| ENV.fetch("PATH", "").split(":").any? { |folder| File.executable?(File.join(folder, program)) } }
    end

    # Only where a guest may be created is tare asked which box that would be: it takes a second, and every Vagrant command reads this.
    def box_made_here(guest)
      return { name: "tare/debian-#{guest}", made: :here } unless creating?(guest)

      @places[guest] ||= place(guest)
      { name: name_of(@places[guest]), url: @places[guest], made: :here }
    rescue Vagrant::Errors::VagrantError => error
      refuse(error.message, guest)
      { name: "tare/debian-#{guest}", made: :here }
    end

    # Has the box made, unless Vagrant has it unpacked already.
    def make_box(machine, guest)
      return if machine.box || machine.id

      box = box(guest, machine.provider_name.to_s)
      return if box[:made].nil?

      run("vms", "box", *box_words(guest), remedy: sudo("box", guest)) { |line| machine.ui.detail(line) } if box[:made] == :here
      why = damaged(guest, box[:url])
      raise Vagrant::Errors::VagrantError.new, why if why
    end

    # The archive for a guest: the one that was named, or one that is made now; once in a Vagrant process.
    def make_payload(machine, guest)
      @payloads[guest] ||= payload(guest) || run("vms", "payload", "--arch", guest, remedy: sudo("payload", guest)) { |line| machine.ui.detail(line) }
    end

    private

    def creating?(guest)
      (ARGV & %w[up]).any? && making?(guest) && provider == "libvirt"
    end

    def place(guest)
      run("vms", "box", *box_words(guest), "--dry-run") { |line| $stderr.puts(line) }
    end

    def box_words(guest)
      kernel = one_of("TARE_VM_KERNEL", KERNELS.keys)
      ["--arch", guest, *(kernel ? ["--kernel", kernel] : [])]
    end

    # What tare prints; each line that it says meanwhile is given to the block. `remedy`: what helps a user who is not root.
    def run(*words, remedy: nil, &tell)
      printed = execute("scripts/tare.sh", *words, &tell)
      return printed if printed

      raise Vagrant::Errors::VagrantError.new, "`sh scripts/tare.sh #{words.join(' ')}` failed, see above#{"; #{remedy}" unless Process.uid.zero? || remedy.nil?}"
    end

    def execute(script, *words, &tell)
      Open3.popen3("sh", script, *words, chdir: ROOT) do |input, output, said, waiter|
        input.close
        printed = Thread.new { output.read.strip }
        said.each_line { |line| tell.call(line.chomp) }
        waiter.value.success? ? printed.value : nil
      end
    end

    # Into this user's cache, which sudo alone would not find.
    def sudo(what, guest)
      words = what == "box" ? box_words(guest) : ["--arch", guest]
      "it takes root to install or make some of it: `sudo env TARE_VM_CACHE=#{Shellwords.escape(cache)} sh scripts/tare.sh vms #{what} #{words.join(' ')}`, " \
        "then `vagrant up #{guest}` again as yourself"
    end
  end

  # Gives a guest its payload. Vagrant's own `file` wants the file to be there when the Vagrantfile is read.
  class Payload < Vagrant.plugin("2", :provisioner)
    def provision
      machine.communicate.upload(TareVms.make_payload(machine, machine.name.to_s), "/tmp/tare-payload.tar.gz")
    end
  end

  class PayloadPlugin < Vagrant.plugin("2")
    name "tare: what a guest cannot fetch"
    provisioner(:tare_payload) { Payload }
  end
end
