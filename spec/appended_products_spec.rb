# frozen_string_literal: true

# Products that are made in their place within a larger file.
RSpec.describe Gitlab::Backup::Native::ProductOptions do
  include ArchiveOracles

  let(:outer) { "#{temp_dir}/outer" }
  let(:root) { "#{temp_dir}/root".tap { |path| Dir.mkdir(path) } }

  def archive(**options)
    Gitlab::Backup::Native::Archive.new(root: root, backup_id: "id", workers: 2, target: "uploads.tar.gz",
                                        manifest: "#{temp_dir}/m", **options).run
  end

  it "appends the same bytes to an open file as it makes of its own" do
    File.write("#{root}/a", "x" * 3_000_000)
    archive(target: "#{temp_dir}/own.tar.gz", manifest: "#{temp_dir}/own", product: "uploads.tar.gz")
    File.binwrite(outer, "before")
    product = File.open(outer, "r+b") { |io| archive(into: io).tap { expect(io.pos).to eq(0) } }
    expect(File.binread(outer)).to eq("before#{File.binread("#{temp_dir}/own.tar.gz")}")
    expect(File.binread("#{temp_dir}/m")).to eq(File.binread("#{temp_dir}/own"))
    expect(product.stored).to eq(File.size(outer) - 6)
  end

  it "cuts off what failed" do
    File.binwrite(outer, "before")
    Random.new(1).bytes(30_000_000).tap { |bytes| File.binwrite("#{root}/a", bytes) }
    File.open(outer, "r+b") do |io|
      expect { archive(into: io, manifest: "#{temp_dir}/none/m") }.to raise_error(Gitlab::Backup::Native::Error)
      expect(File.size(outer)).to eq(6)
      thread = Thread.new { archive(into: io) }
      sleep 0.001 until File.size(outer) > 1_000_000 || !thread.alive?
      thread.kill.join
      expect([File.binread(outer), File.exist?("#{temp_dir}/m")]).to eq(["before", false])
    end
  end

  # The last of it may be waiting in memory till the very end.
  it "leaves no manifest of what there was no room for in the end" do
    File.binwrite("#{root}/a", Random.new(1).bytes(9_800_000))
    File.binwrite(outer, "before")
    pid = fork do
      trap("XFSZ", "IGNORE")
      Process.setrlimit(:FSIZE, 9 << 20)
      File.open(outer, "r+b") { |io| archive(into: io) }
    rescue Gitlab::Backup::Native::Error => e
      File.write("#{temp_dir}/reason", e.message)
    ensure
      exit!(0)
    end
    Process.wait(pid)
    expect(File.read("#{temp_dir}/reason")).to eq("write uploads.tar.gz: File too large")
    expect([File.binread(outer), File.exist?("#{temp_dir}/m")]).to eq(["before", false])
  end

  it "moves files in, and takes no more room than they" do
    bytes = Random.new(1).bytes(1_000_000)
    File.binwrite("#{temp_dir}/file", bytes)
    File.binwrite(outer, "before")
    size, sha256 = File.open(outer, "r+b") { |io| Gitlab::Backup::Native::Relocation.append("#{temp_dir}/file", io) }
    expect([File.binread(outer), File.exist?("#{temp_dir}/file")]).to eq(["before".b + bytes, false])
    expect([size, sha256]).to eq([1_000_000, oracle("sha256sum", stdin_data: bytes).split.first])
  end

  it "moves a file that fills more than half of the disk", if: TinyDisk.available? do
    extend TinyDisk

    script = <<~RUBY
      require "gitlab/backup/native"
      folder = ARGV[0]
      IO.copy_stream("/dev/urandom", "\#{folder}/file", 150 << 20)
      File.open("\#{folder}/outer", "w") { |io| Gitlab::Backup::Native::Relocation.append("\#{folder}/file", io) }
      puts File.size("\#{folder}/outer")
    RUBY
    Dir.mkdir("#{temp_dir}/disk")
    output, status, = on_tiny_disk("#{temp_dir}/disk", "size=230m", RbConfig.ruby, "-I",
                                   File.expand_path("../lib", __dir__), "-e", script, "#{temp_dir}/disk")
    expect([output.lines.last, status]).to eq(["#{150 << 20}\n", 0])
  end

  it "writes a header that GNU tar reads, and whose length is that of the name" do
    header = lambda do |size|
      Gitlab::Backup::Native::TarHeader.bytes(name: "n" * 200, mode: 0o600, mtime: Time.at(1_700_000_000), size: size)
    end
    expect(header.call(0).bytesize).to eq(header.call(1 << 43).bytesize)
    File.binwrite(outer, "#{header.call(3)}abc#{"\0" * (509 + 1024)}")
    expect(oracle("tar", "-tvf", outer)).to match(%r{\A-rw------- 0/0 +3 2023-11-14 .* n{200}\n\z})
  end

  describe "rsyncable" do
    # Bytes of `changed` that are not in blocks that `first` has, as rsync would send them.
    def delta(first, changed)
      known = blocks(first)
      blocks(changed).sum { |block| known.include?(block) ? 0 : block.bytesize }
    end

    def blocks(name)
      stored = File.binread("#{temp_dir}/#{name}.gz")
      Gitlab::Backup::Native::Manifest.new("#{temp_dir}/#{name}.m").each_block.map do |block|
        stored.byteslice(block.stored_offset, block.stored_size)
      end
    end

    def stream(name, text, **options)
      reader, writer = IO.pipe
      thread = Thread.new { writer.binmode.write(text).then { writer.close } }
      Gitlab::Backup::Native::Stream.new(io: reader, target: "#{temp_dir}/#{name}.gz", workers: 2, backup_id: "id",
                                         manifest: "#{temp_dir}/#{name}.m", **options).run
      thread.join
      expect(oracle("gzip", "-dc", "#{temp_dir}/#{name}.gz").b).to eq(text)
    end

    it "keeps all but two per cent of the bytes when a row near the beginning has changed" do
      random = Random.new(3)
      rows = Array.new(400_000) { |i| "#{i}\t#{random.rand(1 << 60)}\tsome text that repeats\n" }
      stream("first", rows.join.b, rsyncable: true)
      rows[10] = "10\tanother row, and longer than before\n"
      stream("second", rows.join.b, rsyncable: true)
      expect(delta("first", "second")).to be < File.size("#{temp_dir}/second.gz") / 50
      expect(blocks("second").size).to be > 50
    end

    it "is not there unless asked for" do
      stream("plain", Random.new(4).bytes(2_000_000))
      expect(blocks("plain").size).to eq(2)
    end
  end
end
