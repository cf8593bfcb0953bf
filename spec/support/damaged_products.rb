# frozen_string_literal: true

# A tree as an archive of ours and as one by tar and gzip, and what happens to such files in the course of time. For
# examples that are HostileExtractions too.
module DamagedProducts
  CUTS = 20
  FLIPS = 200

  def root
    "#{temp_dir}/root"
  end

  def ours
    { source: "#{temp_dir}/p.tar.gz", manifest: "#{temp_dir}/p.msgpack" }
  end

  def foreign
    { source: "#{temp_dir}/f.tar.gz", manifest: nil }
  end

  def make_products
    fill(Dir.mkdir(root) && root)
    Gitlab::Backup::Native::Archive.new(root: root, target: ours[:source], manifest: ours[:manifest],
                                        backup_id: "1_id", workers: 2).run
    oracle("sh", "-c", 'tar -C "$1" -cf - . | gzip -1 > "$2"', "sh", root, foreign[:source])
  end

  # Yields [length] while the file is cut at each 1/20th.
  def each_cut(path)
    good = File.binread(path)
    CUTS.times do |i|
      length = good.bytesize * i / CUTS
      File.binwrite(path, good.byteslice(0, length))
      yield(length)
    end
    File.binwrite(path, good)
  end

  # Yields the offset of a byte in which one bit is flipped, `count` times; at random, but the same each time.
  def each_flip(path, count: FLIPS, from: 0)
    good = File.binread(path)
    count.times do
      byte = random.rand(from...good.bytesize)
      bytes = good.dup
      bytes.setbyte(byte, bytes.getbyte(byte) ^ (1 << random.rand(8)))
      File.binwrite(path, bytes)
      yield(byte)
    end
    File.binwrite(path, good)
  end

  def empty_target
    FileUtils.rm_rf(Dir.children(target).map { |name| File.join(target, name) })
  end

  private

  def random
    @random ||= Random.new(20_261_121)
  end

  # Some small files, one of three blocks, and a link.
  def fill(root)
    40.times { |i| File.binwrite("#{root}/small-#{i}", random.bytes(1 + (i * 300))) }
    File.binwrite("#{root}/large", random.bytes(2_500_000))
    File.symlink("large", "#{root}/link")
  end
end
