# What the Vagrantfile is asked for by environment variables, with defaults: docs/vms.md.
require "json"

module TareVms
  ROOT = File.expand_path("../../..", __dir__)
  TABLE = JSON.parse(File.read(File.join(ROOT, "src/machines/guests.json"))).freeze
  KERNELS = TABLE.fetch("kernels").freeze

  # One per Vagrant process, however often it reads the Vagrantfile.
  RUN = ENV["TARE_RUN"] || Time.now.utc.strftime("%Y%m%d-%H%M%S")

  # What stands in the way of one guest, found when the Vagrantfile is read. It is said in that guest's turn: an error at once would end
  # the others' too.
  @troubles = {}

  class << self
    attr_reader :troubles
  end

  module_function

  # Whether this command makes or fills guests, this one among them. Others, such as `vagrant destroy`, must work with any settings.
  def making?(guest = nil)
    named = ARGV & GUESTS.keys
    (ARGV & %w[up provision reload validate]).any? && (guest.nil? || named.empty? || named.include?(guest))
  end

  # Only these have a guest's turn.
  def has_turns?
    (ARGV & %w[up provision reload]).any?
  end

  def refuse(message, guest = nil)
    return unless making?(guest)
    raise Vagrant::Errors::VagrantError.new, message if guest.nil? || !has_turns?

    TareVms.troubles[guest] ||= message
  end

  def text(name, default = nil)
    value = ENV.fetch(name, "")
    value.empty? ? default : value
  end

  def whole(name, default)
    value = text(name, default.to_s)
    return value.to_i if value.match?(/\A[1-9]\d*\z/)

    refuse("#{name}=#{value}: not a whole number; for example #{name}=#{default}")
    default
  end

  def one_of(name, known, default = nil)
    value = text(name, default)
    return value if value.nil? || known.include?(value)

    refuse("#{name}=#{value}: known are #{known.join(', ')}")
    default
  end

  # The path of a file that is there; nil where none was asked for. `remedy`: how to get it.
  def file(name, remedy, guest = nil)
    asked = text(name)
    return asked if asked.nil? || File.file?(asked)

    refuse("#{name}=#{asked}: no such file; #{remedy}", guest)
    nil
  end

  def budget
    file("TARE_BUDGET", "docs/budgets.md says what one looks like")
  end

  # The file that `tare vms payload` made for the guest's architecture; nil where none was named.
  def payload(guest)
    file("TARE_PAYLOAD_#{guest.upcase}", "`sh scripts/tare.sh vms payload --arch #{guest}` makes one", guest)
  end

  # The folder with vendors' releases for the guest, <architecture>/<agent>/ in the one that was named; nil where none was named or it has none.
  def agents_from(guest)
    asked = text("TARE_VM_AGENTS_FROM")
    return nil if asked.nil?

    refuse("TARE_VM_AGENTS_FROM=#{asked}: no such folder; docs/vms.md says what is in it") unless File.directory?(asked)
    mine = File.join(File.expand_path(asked), guest)
    mine if File.directory?(mine)
  end

  # By how much the guest's run multiplies its time limits and pauses; empty: not at all.
  def timeout_scale(guest, provider)
    asked = text("TARE_VM_TIMEOUT_SCALE")
    return emulated?(guest, provider) ? EMULATED_TIMEOUT_SCALE.to_s : "" if asked.nil?
    return asked if asked.match?(/\A\d+(\.\d+)?\z/) && asked.to_f >= 1

    refuse("TARE_VM_TIMEOUT_SCALE=#{asked}: not a factor of 1 or more; #{EMULATED_TIMEOUT_SCALE} suits an emulated guest")
    ""
  end

  # What the guest cannot know, having no history: the commit that is measured with. Empty outside of a git checkout.
  def commit
    return text("TARE_COMMIT") if text("TARE_COMMIT")

    IO.popen(%w[git describe --always --dirty --abbrev=12], chdir: ROOT, err: File::NULL, &:read).strip
  rescue SystemCallError
    ""
  end

  def results
    File.expand_path(text("TARE_RESULTS", "results"), ROOT)
  end
end
