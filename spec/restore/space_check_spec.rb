# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::SpaceCheck do
  let(:free) { Gitlab::Backup::Native::FreeSpace.bytes(temp_dir) }
  let(:folders) { %w[a b].map { |name| "#{temp_dir}/#{name}".tap { |path| Dir.mkdir(path) } } }

  def check(*needs)
    described_class.new(needs).call
  end

  it "accepts what has room, and what needs none" do
    expect { check({ folders[0] => free / 4 }, { folders[1] => free / 4 }, {}) }.not_to raise_error
    expect { check({ temp_dir => 0 }) }.not_to raise_error
  end

  it "adds up what lies on one file system, and names what is needed and there" do
    needs = folders.map { |folder| { folder => free * 3 / 4 } }
    expect { check(*needs) }.to raise_error(Gitlab::Backup::Native::Error) do |error|
      expect(error.message).to match(/\Atoo little room on the file system of #{folders.join(", ")}: /)
      expect(error.message).to match(/: [\d.]+ [KMGT]iB needed, [\d.]+ [KMGT]iB available: free some space there/)
    end
  end

  it "counts each file system for itself" do
    skip "no second file system" if File.stat("/dev/shm").dev == File.stat(temp_dir).dev
    other = Gitlab::Backup::Native::FreeSpace.bytes("/dev/shm")
    expect { check({ temp_dir => free / 2 }, { "/dev/shm" => other / 2 }) }.not_to raise_error
    expect { check({ temp_dir => free / 2 }, { "/dev/shm" => other + (1 << 30) }) }
      .to raise_error(Gitlab::Backup::Native::Error, %r{file system of /dev/shm: })
  end
end
