# frozen_string_literal: true

require "msgpack"

# Which blocks of an archive the next one has to take over, and which it must not: worked out of docs/format/manifest.md
# and lstat(2) alone. Where both would be right - small blocks are packed again - it says nothing.
class ReuseForecast
  # Less than half of what a block of small members has.
  SMALL = 64 * 1024
  # An archive ends with zeros, of two tar blocks at least, to the next 10,240 bytes: up to so many.
  END_MOST = 10_240 + 512

  Block = Struct.new(:number, :raw_size, :stored_offset, :stored_size, :entries)
  Entry = Struct.new(:path, :type, :mode, :mtime_ns, :size, :block, :device, :inode, :ctime_ns, :settled)
  ENTRY_FIELDS = [1, 2, 3, 4, 5, 13, 15, 16, 17, 18].freeze
  private_constant :Entry, :ENTRY_FIELDS

  # manifest: path of the archive's; root: the tree as it is now; besides: a folder at its top nothing is said of.
  def initialize(manifest, root, besides:)
    @root = root.b
    @besides = besides.b
    @folders = { "" => true }
    @blocks = []
    File.open(manifest, "rb") { |file| MessagePack::Unpacker.new(file).each { |record| take(record) } }
    spread
  end

  # Array of Block: all are to be in the next archive as they are.
  def taken
    @taken ||= (@blocks[0...-1] - uncertain).select { |block| same?(block) }
  end

  # Array of Block: none of them is.
  def left
    @left ||= @blocks.reject { |block| same?(block) || besides?(block) }
  end

  private

  def take(record)
    case record.first
    when "block" then @blocks << Block.new(*record.values_at(1, 3, 4, 5), [])
    when "entry"
      entry = Entry.new(*record.values_at(*ENTRY_FIELDS))
      @blocks[entry.block].entries << entry
    end
  end

  # Blocks in which nothing begins are of the member that began before.
  def spread
    @parts = []
    @blocks[0...-1].each_cons(2) do |before, block|
      next unless block.entries.empty?

      @parts |= [before, block]
      block.entries = before.entries
    end
  end

  def uncertain
    small = @blocks.select { |block| block.raw_size < SMALL && !@parts.include?(block) }
    @blocks.select { |block| besides?(block) } + small + small.filter_map { |block| @blocks[block.number + 1] } +
      at_the_end
  end

  def at_the_end
    rest = 0
    @blocks.reverse.take_while { |block| (rest += block.raw_size) - block.raw_size < END_MOST }
  end

  def besides?(block)
    block.entries.any? { |entry| entry.path == @besides || entry.path.start_with?("#{@besides}/") }
  end

  def same?(block)
    block.entries.all? { |entry| unchanged?(entry) }
  end

  def unchanged?(entry)
    return false unless entry.settled && entry.type != "hardlink" && reached?(File.dirname("/#{entry.path}"))

    status = File.lstat("#{@root}/#{entry.path}")
    figures(status) == [entry.type, entry.mode, entry.device, entry.inode, entry.mtime_ns, entry.ctime_ns] &&
      (status.directory? || (status.nlink == 1 && (!status.file? || status.size == entry.size)))
  rescue Errno::ENOENT, Errno::ENOTDIR, Errno::ELOOP
    false
  end

  # By folders all the way, not by links.
  def reached?(folder)
    return true if folder == "/"

    @folders.fetch(folder) do
      real = File.lstat("#{@root}#{folder}").directory? && reached?(File.dirname(folder))
      @folders[folder] = real
    end
  end

  def figures(status)
    type = status.ftype == "link" ? "symlink" : status.ftype
    [type, status.mode & 0o7777, status.dev, status.ino, nanoseconds(status.mtime), nanoseconds(status.ctime)]
  end

  def nanoseconds(time) = (time.to_i * 1_000_000_000) + time.nsec
end
