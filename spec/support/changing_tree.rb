# frozen_string_literal: true

require "fileutils"

# A tree of files that changes at random: a day's work is in some of its folders, as it is on a server. The same
# Random makes the same changes.
#
#   tree = ChangingTree.new(root, random: Random.new(1), files: 1_000)
#   tree.change(40)
#   tree.while_changing { archive }
class ChangingTree
  FILES_IN_A_FOLDER = 16
  SHARE_AT_WORK = 0.05
  LARGE = 1_100_000..2_500_000
  SMALL = 1..26_000
  ENDINGS = ["", " x", "\n", "\u00e9", ".txt", "\xff", "-b", ".b"].map(&:b).freeze
  # What a change is, and how often.
  CHANGES = { add: 5, delete: 4, rewrite: 3, change_in_place: 3, append: 2, rename: 3, rename_folder: 1, mode: 2,
              folder_mode: 1, touch_back: 3, replace_alike: 2, replace_by_link: 2, link: 2, add_folder: 1,
              remove_folder: 1, replace_folder_by_link: 1 }.flat_map { |name, weight| [name] * weight }.freeze
  # Files that others write to while they are read; one of many blocks among them.
  BUSY = "busy"
  BUSY_SIZES = [10, 5_000, 60_000, 400_000, 3_000_000].freeze

  attr_reader :root

  def initialize(root, random:, files:)
    @root = root.b
    @random = random
    @folders = [@root]
    Dir.mkdir(@root)
    (files / FILES_IN_A_FOLDER).times { add_folder(@folders, files: 0) }
    @at_work = @folders
    files.times { add }
    Dir.mkdir("#{@root}/#{BUSY}")
    BUSY_SIZES.each { |size| File.binwrite("#{@root}/#{BUSY}/#{size}", @random.bytes(size)) }
  end

  # Makes so many changes.
  def change(count)
    @at_work = sample(@folders, [(@folders.size * SHARE_AT_WORK).ceil, 2].max)
    count -= (send(sample(CHANGES)) ? 1 : 0) while count.positive?
  end

  # Changes so many files anywhere: a third of them is new, a third is gone.
  def churn(count)
    @at_work = @folders
    count.times { |index| send(%i[add delete rewrite][index % 3]) }
  end

  # Has another process write to the busy files as long as the block runs.
  def while_changing
    pid = fork do
      write_forever
    ensure
      exit!(1)
    end
    yield
  ensure
    Process.kill(:KILL, pid)
    Process.wait(pid)
  end

  def add
    File.binwrite("#{sample(@at_work)}/#{name}", content)
  end

  private

  def sample(from, *count) = from.sample(*count, random: @random)

  def name
    "#{sample(%w[a b c d.x -f G])}#{@random.rand(1_000_000)}".b + sample(ENDINGS)
  end

  def content
    kind = @random.rand(500)
    return @random.bytes(@random.rand(LARGE)) if kind < 2
    return "" if kind < 25

    kind.even? ? @random.bytes(@random.rand(SMALL)) : "line #{kind} of a text\n" * @random.rand(1..1_200)
  end

  # A regular file at work, or nil.
  def file
    folder = sample(@at_work)
    sample(Dir.children(folder).sort.map { |name| "#{folder}/#{name.b}" }.select { |path| File.lstat(path).file? })
  end

  def with_file
    path = file
    path && (yield path) && true
  end

  # A folder at work with no folder in it, or nil.
  def leaf
    folder = sample(@at_work)
    folder unless folder == @root || @folders.any? { |other| other.start_with?("#{folder}/") }
  end

  def with_leaf
    path = leaf
    path && (yield path) && true
  end

  def delete = with_file { |path| File.unlink(path) }
  def rewrite = with_file { |path| File.binwrite(path, content) }
  def append = with_file { |path| File.binwrite(path, "more\n", mode: "ab") }
  def rename = with_file { |path| File.rename(path, "#{sample(@at_work)}/#{name}") }
  def mode = with_file { |path| File.chmod(sample([0o600, 0o644, 0o755]), path) }
  def link = with_file { |path| File.link(path, "#{sample(@at_work)}/#{name}") }

  def folder_mode
    File.chmod(sample([0o700, 0o755, 0o1775]), sample(@at_work))
  end

  def change_in_place
    with_file { |path| File.binwrite(path, "xyz", @random.rand([File.size(path) - 3, 1].max)) }
  end

  # Other bytes, the same size and the same time of modification.
  def touch_back
    with_file do |path|
      before = File.stat(path)
      File.binwrite(path, @random.bytes([before.size, 5].min), 0)
      File.utime(before.atime, before.mtime, path)
    end
  end

  # Another file takes the name, the size and the time of modification.
  def replace_alike
    with_file do |path|
      before = File.stat(path)
      File.binwrite("#{path}.new", File.binread(path).reverse)
      File.utime(before.atime, before.mtime, "#{path}.new")
      File.rename("#{path}.new", path)
    end
  end

  def replace_by_link
    with_file do |path|
      File.unlink(path)
      File.symlink("../target#{@random.rand(10)}", path)
    end
  end

  def add_folder(among = @at_work, files: 5)
    path = "#{sample(among)}/#{name}"
    Dir.mkdir(path)
    @folders |= [path]
    files.times { File.binwrite("#{path}/#{name}", content) }
  end

  def remove_folder
    with_leaf do |path|
      FileUtils.rm_rf(path)
      forget(path)
    end
  end

  def rename_folder
    with_leaf { |path| move(path) }
  end

  # What was in it can still be reached by its path, and must not be.
  def replace_folder_by_link
    with_leaf do |path|
      moved = move(path)
      File.symlink(moved, path)
    end
  end

  def move(path)
    moved = "#{File.dirname(path)}/#{name}"
    File.rename(path, moved)
    forget(path)
    @folders |= [moved]
    @at_work |= [moved]
    moved
  end

  def forget(path)
    @folders -= [path]
    @at_work -= [path]
    @at_work = [@root] if @at_work.empty?
  end

  def write_forever
    paths = BUSY_SIZES.map { |size| "#{@root}/#{BUSY}/#{size}" }
    loop.with_index do |_, round|
      path = paths[round % paths.size]
      size = File.size(path)
      case round / paths.size % 4
      when 0 then File.binwrite(path, "more #{round}\n" * 200, mode: "ab")
      when 1 then File.truncate(path, size / 2)
      else File.binwrite(path, round.to_s, size / 3)
      end
    end
  end
end
