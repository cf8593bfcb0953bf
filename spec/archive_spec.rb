# frozen_string_literal: true

require "digest"
require "msgpack"
require "zlib"

RSpec.describe Gitlab::Backup::Native::Archive do
  include ArchiveOracles

  let(:root) { "#{temp_dir}/root".tap { |path| Dir.mkdir(path) } }
  let(:target) { "#{temp_dir}/product.tar.gz" }

  def archive(target = self.target, root: self.root, workers: 2, **options)
    described_class.new(root: root, target: target, manifest: "#{target}.msgpack", backup_id: "1_id",
                        workers: workers, **options).run
  end

  def records(target = self.target)
    File.open("#{target}.msgpack", "rb") { |file| MessagePack::Unpacker.new(file).each.to_a }
  end

  Gitlab::Backup::Native::Codec.names.each do |codec|
    context "with #{codec}" do
      before { OddTree.create(root) }

      it "gives tar back the very tree" do
        archive(codec: codec)
        extracted = extract(target)
        expect(oracle("diff", "-r", "--no-dereference", "--exclude=fifo", root, extracted)).to eq("")
        expect(listing(extracted)).to eq(listing(root))
      end

      it "lists the same members in GNU tar, bsdtar and Ruby" do
        FileUtils.touch("#{root}/older") # Ruby cannot read a time before 1970
        archive(codec: codec)
        gnu = oracle("tar", "-tzf", target, "--null", "--quoting-style=literal").lines
        bsd = oracle({ "LC_ALL" => "C.UTF-8" }, "bsdtar", "-tf", target).lines
        ruby = Zlib::GzipReader.open(target) { |gzip| ruby_names(gzip) }
        expect(ruby.join.count("\n") + ruby.size).to eq(gnu.size)
        expect([bsd.size, ruby.size]).to eq([ruby.size, records.count { |record| record.first == "entry" }])
      end

      it "is one gzip member to the end" do
        product = archive(codec: codec)
        oracle("gzip", "-t", target)
        expect(Zlib::GzipReader.open(target) { |gzip| gzip.read.bytesize }).to eq(product.raw)
        expect(oracle("gzip", "-dc", target).bytesize).to eq(product.raw)
      end

      it "has blocks that inflate alone, where the manifest says" do
        product = archive(codec: codec)
        bytes = File.binread(target)
        raw = oracle("gzip", "-dc", target)
        blocks = records.select { |record| record.first == "block" }
        blocks.each do |block|
          raw_offset, raw_size, offset, size, *sums = block.drop(2)
          segment = bytes.byteslice(offset, size)
          content = Zlib::Inflate.new(-15).inflate(segment + "\x03\x00".b)
          expect([content, Zlib.crc32(content),
                  Zlib.crc32(segment)]).to eq([raw.byteslice(raw_offset, raw_size), *sums])
        end
        expect(blocks.sum { |block| block[3] }).to eq(product.raw)
      end
    end
  end

  it "knows the hash of every file, and of the product" do
    OddTree.create(root)
    product = archive
    files = records.select { |record| record.first == "entry" }.filter_map do |record|
      path = File.join(root.b, record[1])
      [record.grep(String).map(&:b).include?(Digest::SHA256.file(path).digest), record] if File.lstat(path).file?
    end
    links = files.reject(&:first).map { |_, record| record[1] }
    expect([files.size, links.sort]).to eq([files_and_hard_links - 1, %w[plain random-3200000]]) # one is of a symlink
    expect(product.files).to eq(files_and_hard_links)
    expect(product.sha256).to eq(oracle("sha256sum", target).split.first)
  end

  def files_and_hard_links
    records.count { |record| record.first == "entry" && %w[file hardlink].include?(record[2]) }
  end

  it "gives the same bytes whatever the number of workers and the locale" do
    OddTree.create(root)
    archives = [[1, "C"], [8, "C.UTF-8"], [3, "C"]].map do |workers, locale|
      other = "#{temp_dir}/other-#{workers}.tar.gz"
      archive_elsewhere(root, other, workers: workers, environment: { "LC_ALL" => locale })
      Digest::SHA256.file(other).hexdigest
    end
    expect(archives.uniq.size).to eq(1)
  end

  it "leaves out the excluded names at the top only, lost+found everywhere" do
    FileUtils.mkdir_p(["#{root}/tmp/x", "#{root}/a/tmp", "#{root}/lost+found", "#{root}/a/lost+found",
                       "#{root}/.gbn-aside-1"])
    archive(exclude: ["tmp"])
    expect(oracle("tar", "-tzf", target).split).to eq(["./", "./a/", "./a/tmp/"])
  end

  it "follows links to its root and no other" do
    Dir.mkdir("#{root}/real")
    File.write("#{root}/real/file", "1")
    File.symlink("/etc", "#{root}/real/etc")
    File.symlink("real", "#{root}/link")
    archive(root: "#{root}/link")
    expect(oracle("tar", "-tzf", target).split).to eq(["./", "./etc", "./file"])
  end

  it "takes chosen members in the order given, uncompressed" do
    File.write("#{root}/b.yml", "1")
    FileUtils.mkdir_p("#{root}/a/deep")
    target = "#{temp_dir}/outer.tar"
    archive(target, members: %w[b.yml a], compress: false)
    expect(oracle("tar", "-tf", target).split).to eq(["b.yml", "a/", "a/deep/"])
  end

  it "makes an archive without members of nothing" do
    product = archive(root: nil)
    expect([oracle("tar", "-tzf", target), product.entries]).to eq(["", 0])
  end

  it "reads paths beyond 4,096 bytes with a limit of 128 descriptors" do
    oracle(RbConfig.ruby, "-e", <<~RUBY, chdir: root)
      1000.times { Dir.mkdir("directory"); Dir.chdir("directory") }
      File.write("file", "deep")
    RUBY
    output = archive_elsewhere(root, target, before: "Process.setrlimit(:NOFILE, 128)", after: "p product.directories")
    expect([output, oracle("tar", "-tzf", target).lines.last]).to eq(["1001\n", "./#{"directory/" * 1000}file\n"])
  end

  it "notes a socket, and leaves it out" do
    UNIXServer.new("#{root}/s").close
    product = archive
    expect([product.notes.map { |note| [note.kind, note.path] }, product.entries]).to eq([[%w[skipped s]], 1])
  end

  it "notes what it may not read, and keeps the rest" do
    File.write("#{root}/kept", "1")
    File.write("#{root}/secret", "1", perm: 0)
    Dir.mkdir("#{root}/closed", 0)
    File.chmod(0o755, temp_dir, root)
    open = "#{temp_dir}/open".tap { |path| Dir.mkdir(path) && File.chmod(0o777, path) }
    uid = Process.uid.zero? ? 65_534 : Process.uid
    output = archive_elsewhere(root, "#{open}/a.tar.gz", before: "Process::Sys.setuid(#{uid})",
                                                         after: "puts product.notes.map { |n| n.to_a.join(' ') }")
    expect(output.lines(chomp: true))
      .to eq(["unreadable closed Permission denied", "unreadable secret Permission denied"])
    expect(oracle("tar", "-tzf", "#{open}/a.tar.gz").split).to eq(["./", "./closed/", "./kept"])
  end

  it "keeps its size and says so when files change all the time" do
    40.times { |i| File.write("#{root}/#{i}", "x" * 2_000_000) }
    stop = false
    writer = Thread.new { File.open("#{root}/#{rand(40)}", "r+") { |file| file.truncate(rand(3_000_000)) } until stop }
    product = archive
    stop = true
    writer.join
    oracle("gzip", "-t", target)
    expect(oracle("tar", "-tzf", target).lines.size).to eq(product.entries)
    expect(product.note_counts.keys - %w[changed torn]).to eq([])
  end

  it "holes cost neither time to read nor space" do
    File.open("#{root}/sparse", "w") { |file| file.truncate(10 * (1 << 30)) }
    product = archive
    expect(product.raw).to be > 10 * (1 << 30)
    expect(product.stored).to be < 80_000_000
  end

  it "stays within its memory on a tree of 300 MB" do
    random = Random.new(1)
    300.times { |i| File.binwrite("#{root}/#{i}", random.bytes(500_000) * 2) }
    kib = archive_elsewhere(root, target, after: "puts File.read('/proc/self/status')[/VmHWM:\\s*(\\d+)/, 1]").to_i
    expect(kib).to be_between(1, (96 + (8 * 2)) * 1024)
  end

  describe "trouble" do
    it "names a root that is missing" do
      expect { archive(root: "#{temp_dir}/none") }
        .to raise_error(Gitlab::Backup::Native::Error, "open #{temp_dir}/none: No such file or directory")
    end

    it "never replaces a file" do
      File.write(target, "mine")
      expect { archive }.to raise_error(Gitlab::Backup::Native::Error, /#{target}.*File exists/)
      expect(File.read(target)).to eq("mine")
    end

    it "leaves nothing when it may not write so much" do
      File.binwrite("#{root}/big", Random.new(1).bytes(4_000_000))
      output = archive_elsewhere(root, target, before: "trap('XFSZ', 'IGNORE'); Process.setrlimit(:FSIZE, 1_000_000)")
      expect(output).to eq("write #{target}: File too large\n")
      expect(Dir.children(temp_dir)).to eq(["root"])
    end
  end
end
