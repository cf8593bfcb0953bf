# frozen_string_literal: true

require "timeout"
require "zlib"

RSpec.describe Gitlab::Backup::Native::Inflate do
  include ArchiveOracles

  let(:bytes) { Array.new(200_000) { |i| "row #{i}\t#{i * i}\t\\N\n" }.join.b }
  let(:source) { "#{temp_dir}/p.gz" }
  let(:manifest) { "#{temp_dir}/p.m" }

  # A product of our own.
  def make(content = bytes)
    File.binwrite("#{temp_dir}/raw", content)
    File.open("#{temp_dir}/raw", "rb") do |io|
      Gitlab::Backup::Native::Stream.new(io: io, target: source, manifest: manifest, backup_id: "1_id",
                                         workers: 2).run
    end
  end

  # What comes out, and how much of it was said to.
  def inflate(**options, &block)
    File.open("#{temp_dir}/out", "wb+") do |io|
      count = described_class.new(source: source, io: io, workers: 2, **options).run(&block)
      [File.binread(io.path), count]
    end
  end

  it "gives the bytes of our own product, with its manifest and without" do
    make
    expect(inflate(manifest: manifest)).to eq([bytes, bytes.bytesize])
    expect(inflate).to eq([bytes, bytes.bytesize])
  end

  it "gives a part of them" do
    make
    [[0, 1], [1_048_570, 12], [70_000, bytes.bytesize - 70_000]].each do |range|
      wanted = [bytes.byteslice(*range), range.last]
      expect(inflate(manifest: manifest, range: range)).to eq(wanted)
      expect(inflate(range: range)).to eq(wanted)
    end
  end

  it "gives nothing for nothing" do
    make("")
    expect(inflate(manifest: manifest)).to eq(["", 0])
    expect(inflate).to eq(["", 0])
  end

  it "reads what gzip makes, also several members" do
    File.binwrite(source, oracle("gzip", "-1", stdin_data: bytes) + oracle("gzip", "-9", stdin_data: "end"))
    expect(inflate).to eq(["#{bytes}end", bytes.bytesize + 3])
  end

  it "checks without writing" do
    make
    expect(described_class.new(source: source, manifest: manifest, workers: 2).run).to eq(bytes.bytesize)
    expect(described_class.new(source: source, workers: 1).run).to eq(bytes.bytesize)
  end

  it "tells how far it has come, and writes into a pipe that is read slowly" do
    make
    reader, writer = IO.pipe
    seen = []
    thread = Thread.new do
      sleep(0.01) while seen.empty?
      reader.read.bytesize
    end
    described_class.new(source: source, manifest: manifest, io: writer, workers: 2).run { |progress| seen << progress }
    writer.close
    expect(thread.value).to eq(bytes.bytesize)
    expect(seen.last).to be_a(Gitlab::Backup::Native::Progress)
  end

  [true, false].each do |with_manifest|
    it "names the file and the place of damage #{with_manifest ? "by" : "without"} the manifest" do
      make
      damaged = File.binread(source).tap { |data| data.setbyte(data.size / 2, data.getbyte(data.size / 2) ^ 4) }
      File.binwrite(source, damaged)
      expect { inflate(manifest: (manifest if with_manifest)) }
        .to raise_error(Gitlab::Backup::Native::FormatError, /\Aread #{source}: .*bytes? \d+/)
    end

    it "ends cleanly when nobody reads any more, #{with_manifest ? "by" : "without"} the manifest" do
      make
      reader, writer = IO.pipe
      reader.close
      expect { described_class.new(source: source, io: writer, workers: 2, manifest: (manifest if with_manifest)).run }
        .to raise_error(Gitlab::Backup::Native::Error, "write the output: Broken pipe")
      writer.close
    end

    it "can be called off while the pipe is full, #{with_manifest ? "by" : "without"} the manifest" do
      make
      reader, writer = IO.pipe
      work = described_class.new(source: source, io: writer, workers: 2, manifest: (manifest if with_manifest))
      expect { Timeout.timeout(0.5) { work.run } }.to raise_error(Timeout::Error)
      [reader, writer].each(&:close)
    end
  end

  it "refuses the manifest of another product" do
    make("other #{bytes}")
    File.rename(manifest, "#{temp_dir}/other")
    File.delete(source)
    make
    expect { inflate(manifest: "#{temp_dir}/other") }.to raise_error(Gitlab::Backup::Native::FormatError)
  end

  it "refuses a file that was cut or has something behind it" do
    make
    [File.size(source) - 1, File.size(source) - 11, 9].each do |size|
      File.truncate(source, size)
      expect { inflate(manifest: manifest) }.to raise_error(Gitlab::Backup::Native::FormatError)
      expect { inflate }.to raise_error(Gitlab::Backup::Native::FormatError, /ends too early/)
    end
  end

  it "refuses anything but a regular file" do
    File.mkfifo(source)
    expect { inflate }.to raise_error(Gitlab::Backup::Native::Error, /not a regular file/)
  end

  it "says which file it cannot open" do
    expect { inflate }.to raise_error(Gitlab::Backup::Native::Error, "open #{source}: No such file or directory")
  end
end
