# Which box a guest is made from. For libvirt one that is made here; for the other providers, which cannot start such a one, and for a
# machine that cannot make it, a box of the public hub.
require "digest"
require "fileutils"
require "shellwords"

module TareVms
  HUB = TABLE.fetch("hubBoxes").freeze
  HUB_ADDRESS = "https://vagrantcloud.com".freeze
  # One version, not a range of them.
  ONE_VERSION = /\A\d[\w.]*\z/.freeze

  module_function

  # {name:, version:, url:, sha256:, made:}. `made`: its kernel lies beside its disk, and the box is still to be made (:here) or is a file
  # that was named (:before).
  def box(guest, provider)
    asked = text("TARE_BOX_#{guest.upcase}")
    return box_file(guest, asked) if asked&.end_with?(".box")
    return box_made_here(guest) if asked.nil? && provider == "libvirt" && can_make?

    hub = HUB[EMULATING.include?(provider) ? "emulating" : "others"]
    version = text("TARE_BOX_#{guest.upcase}_VERSION")
    return { name: asked || hub["name"], version: version } if provider.nil? || ![nil, hub["name"]].include?(asked)

    # From 2.4 on Vagrant chooses among the architectures of a box; before, it takes whichever the publisher put first.
    version ||= Gem::Version.new(Vagrant::VERSION) < Gem::Version.new("2.4") ? hub["version"] : hub["range"] || hub["version"]
    return { name: hub["name"], version: version } unless version.match?(ONE_VERSION)

    { name: "tare/#{hub["name"].tr('/', '-')}-#{guest}", version: version, url: (catalogue(guest, provider, hub["name"], version) if making?(guest)) }
  end

  # A box of one architecture by its own address. Vagrant 2.3 takes such an address for that of a catalogue, so it gets a catalogue.
  def catalogue(guest, provider, name, version)
    file = File.join(ROOT, "build/vms/boxes", "#{name.tr('/', '-')}-#{provider}-#{guest}.json")
    sha256 = text("TARE_BOX_#{guest.upcase}_SHA256")
    # vagrant-qemu takes boxes for libvirt in some versions, boxes for itself in others.
    providers = (provider == "qemu" ? %w[qemu libvirt] : [provider]).map do |made_for|
      address = "#{HUB_ADDRESS}/#{name.sub('/', '/boxes/')}/versions/#{version}/providers/#{made_for}/#{guest}/vagrant.box"
      { name: made_for, url: address, architecture: guest, default_architecture: true }.merge(sha256 ? { checksum_type: "sha256", checksum: sha256 } : {})
    end
    FileUtils.mkdir_p(File.dirname(file))
    File.write(file, JSON.generate(name: "tare/#{name.tr('/', '-')}-#{guest}", versions: [{ version: version, providers: providers }]))
    file
  end

  def box_file(guest, asked)
    file = File.expand_path(asked)
    refuse("TARE_BOX_#{guest.upcase}=#{asked}: no such file; `sh scripts/tare.sh vms box --arch #{guest}` makes one", guest) unless File.file?(file)

    { name: name_of(file), url: file, sha256: sha256_of(guest, file), made: :before }
  end

  # The name holds the hash of all that the box is made of, because Vagrant knows a box by its name alone.
  def name_of(file)
    "tare/#{File.basename(file, '.box')}"
  end

  def sha256_of(guest, file)
    beside = "#{file}.sha256"
    text("TARE_BOX_#{guest.upcase}_SHA256") || (File.read(beside)[/\A\h{64}/] if File.file?(beside))
  end

  # Why a file cannot be used as a box; nil when it can.
  def damaged(guest, file)
    expected = sha256_of(guest, file)
    return nil if expected.nil? || Digest::SHA256.file(file).hexdigest.casecmp?(expected)

    # What lies beside it in tare's cache goes with it.
    remove = file.start_with?("#{cache}/") ? "rm -r #{Shellwords.escape(File.dirname(file))}" : "rm #{Shellwords.escape(file)}"
    "#{file} does not match the expected checksum, as when a copy was cut off in the middle: `#{remove}`, then " \
      "`sh scripts/tare.sh vms box --arch #{guest}` makes it again. If TARE_BOX_#{guest.upcase}_SHA256 is set, it may be another file's"
  end

  # src/machines/images/cache.ts decides by the same rules.
  def cache
    text("TARE_VM_CACHE", File.join(text("XDG_CACHE_HOME", File.join(Dir.home, ".cache")), "tare/vm"))
  end

  # For people: what a guest was made from.
  def box_of(machine)
    box = machine.box
    return machine.config.vm.box.to_s if box.nil?

    architecture = box.respond_to?(:architecture) ? box.architecture : nil
    # A box that was added from a file has the version 0, which says nothing.
    [box.name, (box.version unless box.version.to_s == "0"), "(#{[box.provider, architecture].compact.join(', ')})"].compact.join(" ")
  end
end
