# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::Scratch do
  include MessageQueues

  it "gives a private file without a name, for reading and writing" do
    file = described_class.open(temp_dir)
    file.write("\xFFcontent")
    file.rewind
    expect([file.read, format("%o", file.stat.mode), Dir.children(temp_dir)]).to eq(["\xFFcontent".b, "100600", []])
  ensure
    file&.close
  end

  it "gives several at a time" do
    files = [described_class.open(temp_dir), described_class.open(temp_dir)]
    expect(files.map { |file| file.stat.ino }.uniq.size).to eq(2)
  ensure
    files&.each(&:close)
  end

  it "has no name for a single moment where the file system can do without" do
    File.write("#{temp_dir}/.gbn-scratch-#{Process.pid}-#{Thread.current.object_id}", "in the way of a name")
    described_class.open(temp_dir).close
    expect(Dir.children(temp_dir).size).to eq(1)
  end

  it "takes the name away at once where the file system cannot do without", if: MessageQueues.available? do
    script = <<~RUBY
      begin
        File.open(ARGV[0], File::RDWR | File::TMPFILE)
      rescue Errno::EOPNOTSUPP
        file = Gitlab::Backup::Native::Scratch.open(ARGV[0])
      end
      print(format("%o ", file.stat.mode), file.fcntl(Fcntl::F_GETFL) & Fcntl::O_ACCMODE, file.binmode?, file.read(6),
            Dir.children(ARGV[0]))
    RUBY
    output, = on_message_queues(temp_dir, RbConfig.ruby, "-I", File.expand_path("../../lib", __dir__), "-r",
                                "gitlab/backup/native", "-r", "fcntl", "-e", script, temp_dir)
    expect(output).to eq("100600 #{File::RDWR}trueQSIZE:[]")
  end

  it "says where it cannot make one, and why" do
    expect { described_class.open("#{temp_dir}/gone") }
      .to raise_error(Gitlab::Backup::Native::Error, %r{\Acannot make a temporary file in #{temp_dir}/gone: No such})
  end
end
