# Which box a guest is made from.
module TareVms
  # Boxes of the public hub, each with both architectures. bento's publisher keeps what was released, so one is pinned. cloud-image's
  # deletes its boxes after about half a year: a pin would soon name nothing. What was used stands beside the results.
  HUB = TABLE.fetch("hubBoxes").transform_values { |box| box.transform_keys(&:to_sym) }.freeze
  MULTI_ARCHITECTURE = HUB.values.map { |box| box[:name] }.freeze

  module_function

  # {name:, version:} of a hub's box, or {name:, file:, sha256:} of one that lies here.
  def box(guest, provider)
    variable = "TARE_BOX_#{guest.upcase}"
    hub = HUB[EMULATING.include?(provider) ? "emulating" : "others"]
    asked = text(variable, hub[:name])
    return { name: asked, version: text("#{variable}_VERSION", asked == hub[:name] ? hub[:version] : nil) } unless asked.end_with?(".box")

    file = File.expand_path(asked)
    refuse("#{variable}=#{asked}: no such file; `npm run tare -- vms box --arch #{guest}` makes one", guest) unless File.file?(file)

    beside = "#{file}.sha256"
    sha256 = text("#{variable}_SHA256") || (File.read(beside)[/\A\h{64}/] if File.file?(beside))
    { name: "tare/#{File.basename(file, '.box')}", file: file, sha256: sha256 }
  end

  # Before 2.4 Vagrant knows no architectures of a box, and takes whichever its publisher put first.
  def refuse_ambiguous(guest, box)
    return unless MULTI_ARCHITECTURE.include?(box[:name])

    refuse("#{box[:name]} holds several architectures, of which Vagrant #{Vagrant::VERSION} cannot choose #{guest}: it takes " \
           "Vagrant 2.4 or newer, or a box made here (`npm run tare -- vms run --boxes built`)", guest)
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
