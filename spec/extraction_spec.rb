# frozen_string_literal: true

require "timeout"

RSpec.describe Gitlab::Backup::Native::Extraction do
  include UnpackedTrees

  def files_below(folder)
    oracle("find", folder, "-type", "f", "-printf", '%P\0').split("\0".b).sort
  end

  context "with an odd tree" do
    before { OddTree.create(root) }

    it "brings it back to the nanosecond with its manifest" do
      product = archive
      progress = []
      unpacked = extract_to_target { |figures| progress << figures }
      expect_same_content
      expect(exact_listing(target)).to eq(exact_listing(root))
      expect(unpacked.to_h.slice(:files, :directories, :entries, :raw, :stored))
        .to eq(product.to_h.slice(:files, :directories, :entries, :raw, :stored))
      expect([unpacked.findings, unpacked.counts, unpacked.sha256]).to eq([[], {}, nil])
      expect(progress.map(&:raw)).to all(be_between(0, unpacked.raw))
    end

    it "brings it back in whole seconds without, as tar does" do
      unpacked = extract_to_target(source: archive_plain, manifest: nil, workers: 4)
      expect(unpacked.files).to eq(files_below(root).size + 1) # a hard link to a symlink
      expect_same_content
      expect(listing(target)).to eq(listing(root))
    end

    it "brings it back from what tar and gzip made" do
      extract_to_target(source: foreign("foreign.tar.gz", "--format=gnu", "--sparse"), manifest: nil)
      expect_same_content
      expect(listing(target)).to eq(listing(root))
    end

    it "narrows to paths, and reads no more than it must" do
      archive
      unpacked = extract_to_target(paths: ["tree/3", "text-513", "links/large", "nowhere"])
      wanted = files_below(root).grep(%r{\A(?:tree/3/.*|text-513|links/large)\z})
      expect(files_below(target)).to eq(wanted)
      expect(File.binread("#{target}/links/large")).to eq(File.binread("#{root}/links/large"))
      expect(unpacked.files).to eq(wanted.size)
      expect(unpacked.raw).to be < 10_000_000
    end
  end

  describe "what it says" do
    before do
      File.binwrite("#{root}/small", "x" * 1000)
      File.binwrite("#{root}/large", Random.new(1).bytes(3_000_000))
      archive
    end

    it "names file and bytes of damage with a manifest" do
      flip(source, File.size(source) / 2)
      expect(message { extract_to_target })
        .to match(/\Aextract large from p\.tar\.gz: its bytes are not what was written .* \(bytes \d+ to \d+\)\z/)
      expect { extract_to_target }.to raise_error(Gitlab::Backup::Native::FormatError)
    end

    it "names the place of damage without" do
      flip(source, File.size(source) / 2)
      expect(message { extract_to_target(manifest: nil) })
        .to match(/\Aread p\.tar\.gz: inflate at byte \d+: the content's checksum differs\z/)
    end

    it "says that a product is cut" do
      File.truncate(source, File.size(source) - 1000)
      expect(message { extract_to_target })
        .to match(/\A(?:read|extract \S+ from) p\.tar\.gz: (?:its size is not what the manifest says|it is cut off)/)
      expect(message { extract_to_target(manifest: nil) })
        .to match(/\Aread p\.tar\.gz: inflate at byte \d+: the file ends/)
    end

    it "names what is missing" do
      expect(message { extract_to_target(source: "#{temp_dir}/no") }).to eq("open no: No such file or directory")
      expect(message { extract_to_target(manifest: "#{temp_dir}/no") }).to eq("open no: No such file or directory")
      FileUtils.rm_rf(target)
      expect(message { extract_to_target }).to eq("open target: No such file or directory")
    end

    it "says that more comes out than fits" do
      expect(message { extract_to_target(space: 1_000_000) })
        .to eq("extract large: more comes out of p.tar.gz than fits: No space left on device")
    end

    it "refuses names that lead out, and writes nothing outside" do
      bad = foreign("bad.tar", "--transform=s,small,../small,", "-P")
      expect(message { extract_to_target(source: bad, manifest: nil) })
        .to eq("extract ./../small from bad.tar: no name that can be extracted")
      expect(File.exist?("#{temp_dir}/small")).to be(false)
    end

    it "refuses options it does not know, and no workers" do
      expect { extract_to_target(owner: true) }.to raise_error(ArgumentError, "unknown options: owner")
      expect { extract_to_target(workers: 0) }.to raise_error(ArgumentError, "workers: 1 or more")
    end

    it "leaves devices out and says so" do
      devices = "#{temp_dir}/devices.tar".tap { |path| oracle("tar", "-cf", path, "-C", "/dev", "null") }
      unpacked = extract_to_target(source: devices, manifest: nil)
      expect([unpacked.damage_count, unpacked.skipped.map(&:path)]).to eq([0, ["null"]])
      expect(Dir.children(target)).to eq([])
    end
  end

  describe "owners" do
    before do
      skip "needs root" unless Process.euid.zero?
      File.write("#{root}/f", "")
      File.chown(12_345, 54_321, "#{root}/f")
      archive
    end

    it "are given when asked for, and else left" do
      extract_to_target(owners: true)
      expect(exact_listing(target)).to eq(exact_listing(root))
      FileUtils.rm("#{target}/f")
      extract_to_target
      expect(File.stat("#{target}/f").uid).to eq(0)
    end
  end

  describe "interruption" do
    before do
      10.times { |i| File.binwrite("#{root}/#{i}", Random.new(i).bytes(1_000_000)) }
      File.binwrite("#{root}/large", "x" * 10_000_000)
      archive
      Timeout.timeout(10) { nil } # Ruby keeps a thread of its own from the first on
      @descriptors = Processes.descriptors
      @threads = Dir.children("/proc/self/task").size
    end

    def expect_no_traces
      expect(Processes.descriptors).to eq(@descriptors)
      expect(Dir.children("/proc/self/task").size).to be <= @threads + 1 # Ruby's own come and go
    end

    it "leaves no thread and no descriptor, at twenty moments" do
      20.times do |i|
        thread = Thread.new { extract_to_target(manifest: i.odd? ? manifest : nil, workers: 1 + (i % 4)) }
        sleep(i * 0.003) # the moments are meant to differ
        thread.kill.join
        FileUtils.rm_rf(Dir.glob("#{target}/*"))
      end
      expect_no_traces
    end

    it "is Ruby's own exception" do
      expect { Timeout.timeout(0.01) { loop { verify } } }.to raise_error(Timeout::Error)
      # Progress is told after a fifth of a second. A string of that size would stay with this process.
      File.open("#{root}/large", "wb") { |file| 500.times { file.write("x" * 1_000_000) } }
      archive
      expect { verify(workers: 1) { raise KeyError, "enough" } }.to raise_error(KeyError, "enough")
      expect_no_traces
    end
  end
end
