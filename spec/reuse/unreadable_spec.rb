# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::Archive, "made from one that could not read everything" do
  include ArchiveOracles
  include ReuseRuns

  let(:root) { "#{temp_dir}/root" }

  before do
    FileUtils.mkdir_p(["#{root}/shut/in", "#{root}/open"])
    %w[shut/one shut/in/two open/three four].each { |name| File.write("#{root}/#{name}", name * 100) }
    File.chmod(0o600, "#{root}/shut") # neither listed nor entered by others than root
    File.chmod(0o000, "#{root}/four")
    FileUtils.chmod(0o777, temp_dir)
    FileUtils.chown_R("nobody", nil, root) if Process.euid.zero?
    File.chmod(0o700, "#{root}/open")
    File.chmod(0o000, "#{root}/shut")
    settle(root)
  end

  after { FileUtils.chmod(0o700, "#{root}/shut") }

  # In a process of its own, as an account that permissions mean something to. Returns the notes and `reused_blocks`.
  def archive(name, previous: nil)
    earlier = previous && { manifest: "#{temp_dir}/#{previous}.msgpack", product: "#{temp_dir}/#{previous}.tar.gz" }
    reader, writer = IO.pipe
    pid = fork do
      Process::Sys.setuid(Etc.getpwnam("nobody").uid) if Process.euid.zero?
      product = described_class.new(root: root, target: "#{temp_dir}/#{name}.tar.gz", backup_id: name, workers: 2,
                                    manifest: "#{temp_dir}/#{name}.msgpack", previous: earlier).run
      writer.write(Marshal.dump([product.notes.map(&:to_a), product.previous_trouble, product.entries]))
      exit!(true)
    end
    writer.close
    Marshal.load(reader.read).tap { Process.wait(pid) } # rubocop:disable Security/MarshalLoad
  end

  it "tells of it every time, and reads it as soon as it can" do
    first = archive("one")
    expect(first.first.map { |kind, path| [kind, path] }).to contain_exactly(%w[unreadable shut], %w[unreadable four])
    again = archive("two", previous: "one")
    expect([again[0].sort, *again[1..]]).to eq([first[0].sort, nil, first[2]])
    FileUtils.chmod(0o700, "#{root}/shut")
    File.chmod(0o600, "#{root}/four")
    expect(archive("three", previous: "two").first(2)).to eq([[], nil])
    expect(oracle("diff", "-r", root, extract("#{temp_dir}/three.tar.gz"))).to eq("")
  end
end
