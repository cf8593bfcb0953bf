# frozen_string_literal: true

# Only lower bounds: that a machine is slow is no failure of the limit.
RSpec.describe "The pace of a product" do
  include ArchiveOracles

  let(:root) { "#{temp_dir}/tree".tap { |path| Dir.mkdir(path) } }
  let(:limit) { { bytes_per_second: 10_000_000 } }
  let(:common) do
    { target: "#{temp_dir}/p.gz", manifest: "#{temp_dir}/m", backup_id: "1_id", workers: 2 }
  end

  def seconds
    started = Process.clock_gettime(Process::CLOCK_MONOTONIC)
    yield
    Process.clock_gettime(Process::CLOCK_MONOTONIC) - started
  end

  it "holds for the files of an archive" do
    6.times { |number| File.binwrite("#{root}/#{number}", Random.new(number).bytes(700_000)) }
    took = seconds { Gitlab::Backup::Native::Archive.new(root: root, **common, **limit).run }
    expect(took).to be > 0.42
    expect(oracle("tar", "-tzf", "#{temp_dir}/p.gz").lines.size).to eq(7)
  end

  it "holds for what a pipe delivers" do
    File.open("/dev/zero") do |zero|
      reader, writer = IO.pipe(binmode: true)
      thread = Thread.new { IO.copy_stream(zero, writer, 5_000_000) && writer.close }
      expect(seconds { Gitlab::Backup::Native::Stream.new(io: reader, **common, **limit).run }).to be > 0.5
      thread.join
      reader.close
    end
    expect(oracle("gzip", "-dc", "#{temp_dir}/p.gz").bytesize).to eq(5_000_000)
  end

  it "can be interrupted, however long it would last" do
    File.binwrite("#{root}/a", "x" * 5_000_000)
    archive = Gitlab::Backup::Native::Archive.new(root: root, **common, bytes_per_second: 1)
    expect { archive.run { |_| raise Interrupt } }.to raise_error(Interrupt)
    expect(Dir.children(temp_dir)).to eq(["tree"])
  end

  it "refuses a limit at which nothing would move" do
    expect { Gitlab::Backup::Native::ProductOptions.new(**common, bytes_per_second: 0) }
      .to raise_error(ArgumentError, /bytes_per_second/)
  end
end
