# frozen_string_literal: true

require "digest"
require "fileutils"
require "open3"

# Runs of `backup all` over uploads that hardly change, for examples that include TinyInstance. The oracles are the
# system's tar and diff, and `verify`.
module ReuseRuns
  # So long a file must not have changed to count as unchanged later; see Bench::Settling.
  SETTLED_SECONDS = 2.1

  # A tree of some 14 MB: folders of small files, and two that fill several blocks.
  def self.files(random = Random.new(20_261_121))
    small = (0...40).flat_map do |folder|
      (0...15).map { |n| ["f#{folder}/#{n}.txt", random.bytes(random.rand(1..12_000)).unpack1("H*")] }
    end
    small.to_h.merge("large.bin" => random.bytes(3_500_000), "large/two.bin" => random.bytes(2_500_000))
  end

  # An instance at this path whose uploads have settled, and are in its backup "one". Returns the root.
  def reuse_instance(at)
    root = tiny_instance(uploads: {}, at: at)
    fill(uploads(root))
    run(root, "one", "--full")
    root
  end

  def fill(folder)
    ReuseRuns.files.each do |path, content|
      FileUtils.mkdir_p(File.dirname("#{folder}/#{path}"))
      File.binwrite("#{folder}/#{path}", content)
    end
    settle(folder)
  end

  def uploads(root) = "#{root}/public/uploads"

  # Waits until what was changed there by now has settled, by the clock of its file system.
  def settle(folder)
    probe = "#{folder}/../.clock"
    first = touched(probe)
    sleep 0.05 until touched(probe) - first > SETTLED_SECONDS
  ensure
    FileUtils.rm_f(probe)
  end

  # `backup all --only uploads`. Returns a TinyInstance::Result; raises unless the status is the one expected.
  def run(root, id, *words, status: 0)
    result = cli("backup", "all", "--gitlab-path", root, "--only", "uploads", "--backup-id", id, *words)
    return result if result.status.exitstatus == status

    raise "exit #{result.status.exitstatus}: #{result.output}#{result.errors}"
  end

  # What summary.json says of the uploads.
  def row(root, id, base: "#{backups_of(root)}/#{id}")
    JSON.parse(File.read("#{base}/manifest/summary.json")).fetch("components").first
  end

  # The share of the archive's bytes that came from an earlier one.
  def share(root, id)
    row(root, id).then { |row| row["reused_raw"].to_i.fdiv(row["raw"]) }
  end

  # Lines about what differs between the backup and the tree, or is damaged in the backup: none, when all is well.
  def complaints(root, id, tree: uploads(root))
    archive = "#{backups_of(root)}/#{id}/uploads.tar.gz"
    compared(archive, tree) + extracted(archive, tree) + verified(root, id)
  end

  # What GNU tar finds different: content, mode, time, owner.
  def compared(archive, tree)
    lines("tar", "--compare", "--gzip", "--file=#{archive}", "--directory=#{tree}")
  end

  def extracted(archive, tree)
    Dir.mktmpdir("reuse-") do |folder|
      lines("tar", "--extract", "--gzip", "--file=#{archive}", "--directory=#{folder}") +
        lines("diff", "--recursive", "--no-dereference", folder, tree)
    end
  end

  def verified(root, id)
    result = cli("verify", id, "--gitlab-path", root)
    result.status.success? ? [] : (result.output + result.errors).lines
  end

  # What flips a bit in the middle of the file.
  def flip(path, offset = File.size(path) / 2)
    byte = File.binread(path, 1, offset).ord
    File.binwrite(path, (byte ^ 0x10).chr, offset)
  end

  private

  def lines(*command)
    output, status = Open3.capture2e({ "LC_ALL" => "C" }, *command)
    status.success? ? [] : output.lines.push("#{command.first} ended with #{status.exitstatus}")
  end

  def touched(probe)
    FileUtils.touch(probe)
    File.utime(nil, nil, probe)
    File.stat(probe).ctime
  end
end
