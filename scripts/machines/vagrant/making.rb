# What tare makes on this machine for a guest: its box, and the payload, which is all that the guest would fetch and compile.
require "digest"
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

    # Only before a guest is created is tare asked which box that would be: it takes a second, and every Vagrant command reads this.
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
      box = box(guest, machine.provider_name.to_s)
      return if machine.box || box[:made].nil?

      if box[:made] == :here
        tell = ->(line) { machine.ui.detail(line) }
        run("vms", "box", *box_words(guest), remedy: sudo(guest), &tell)
      end
      why = damaged(guest, box[:url])
      raise Vagrant::Errors::VagrantError.new, why if why
    end

    # The archive for a guest: the one that was named, or one that is made now; once in a Vagrant process.
    def make_payload(machine, guest)
      tools = "`sudo sh scripts/tare.sh vms payload --arch #{guest}` brings what it takes"
      @payloads[guest] ||= payload(guest) || run("vms", "payload", "--arch", guest, remedy: tools) { |line| machine.ui.detail(line) }
    end

    private

    def creating?(guest)
      state = File.expand_path(text("VAGRANT_DOTFILE_PATH", ".vagrant"), ROOT)
      (ARGV & %w[up]).any? && making?(guest) && provider == "libvirt" && !File.file?(File.join(state, "machines", guest, "libvirt/id"))
    end

    def place(guest)
      run("vms", "box", *box_words(guest), "--dry-run") { |line| warn(line) }
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

    def sudo(guest)
      "making it takes root: `sudo env TARE_VM_CACHE=#{Shellwords.escape(cache)} sh scripts/tare.sh vms box #{box_words(guest).join(' ')}`, " \
        "then `vagrant up #{guest}` again as yourself"
    end

    # src/machines/images/cache.ts decides by the same rules.
    def cache
      text("TARE_VM_CACHE", File.join(text("XDG_CACHE_HOME", File.join(Dir.home, ".cache")), "tare/vm"))
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
