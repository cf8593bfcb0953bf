# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::Digests do
  include ArchiveOracles

  it "agrees with sha256sum, whatever the sizes and the number of workers" do
    paths = [0, 1, 262_143, 262_144, 262_145, 3_000_000].map do |size|
      "#{temp_dir}/#{size}".tap { |path| File.binwrite(path, Random.new(size).bytes(size)) }
    end
    sums = oracle("sha256sum", *paths).lines.to_h { |line| line.split.reverse }
    [1, 4].each { |workers| expect(described_class.of(paths, workers: workers)).to eq(sums) }
  end

  it "has nothing to say of nothing" do
    expect(described_class.of([], workers: 2)).to eq({})
  end

  it "takes no fewer than one worker" do
    [0, -1].each do |workers|
      expect { described_class.of([__FILE__], workers: workers) }.to raise_error(ArgumentError, "workers: 1 or more")
    end
  end

  it "names the file that is missing, or is none" do
    expect { described_class.of(["#{temp_dir}/none"], workers: 1) }
      .to raise_error(Gitlab::Backup::Native::Error, "open #{temp_dir}/none: No such file or directory")
    expect { described_class.of([temp_dir], workers: 1) }
      .to raise_error(Gitlab::Backup::Native::Error, "hash #{temp_dir}: not a regular file")
  end
end
