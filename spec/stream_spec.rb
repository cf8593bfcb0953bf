# frozen_string_literal: true

require "zlib"

RSpec.describe Gitlab::Backup::Native::Stream do
  include ArchiveOracles

  let(:target) { "#{temp_dir}/database.sql.gz" }

  def stream(bytes, workers: 2, **options)
    reader, writer = IO.pipe(binmode: true)
    thread = Thread.new { writer.write(bytes) && writer.close }
    described_class.new(io: reader, target: target, manifest: "#{target}.m", backup_id: "1_id", workers: workers,
                        **options).run
  ensure
    [thread&.join, reader, writer].compact.each { |io| io.close if io.is_a?(IO) && !io.closed? }
  end

  Gitlab::Backup::Native::Codec.names.each do |codec|
    [0, 1, 1_048_575, 1_048_576, 1_048_577, 5_000_000].each do |size|
      it "compresses #{size} bytes with #{codec} so that gzip and Ruby read them" do
        bytes = ("a row of a table\t1\t\\N\n" * ((size / 22) + 1)).byteslice(0, size)
        product = stream(bytes, codec: codec)
        expect([product.raw, product.stored]).to eq([size, File.size(target)])
        expect(oracle("gzip", "-dc", target)).to eq(bytes.b)
        expect(Zlib::GzipReader.open(target, &:read)).to eq(bytes)
      end
    end
  end

  it "stores what does not shrink" do
    bytes = Random.new(1).bytes(3_000_000)
    expect(stream(bytes).stored).to be < 3_000_000 * 1.0005
    expect(oracle("gzip", "-dc", target)).to eq(bytes)
  end

  it "makes private files" do
    stream("x")
    expect([target, "#{target}.m"].map { |path| File.stat(path).mode & 0o777 }).to eq([0o600, 0o600])
  end

  it "refuses a codec this build lacks" do
    expect { stream("x", codec: "lzma") }.to raise_error(ArgumentError, /lzma/)
  end
end
