# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::Obstacle do
  let(:failure) { Gitlab::Backup::Native::Failure }
  let(:error) { Gitlab::Backup::Native::Error }

  it "is in the way of reading a file, or is not: then the file is damaged" do
    ours = [Errno::EMFILE, Errno::ENFILE, Errno::ENOMEM, Errno::EAGAIN, Errno::ENOSPC, Errno::EDQUOT, Errno::EACCES]
    expect(ours.map(&:new).map { |refusal| described_class.of?(refusal) }).to all(be(true))
    expect([Errno::EIO, Errno::ENOENT, Errno::ELOOP].map(&:new).map { |fault| described_class.of?(fault) })
      .to all(be(false))
    cases = { codec: true, nomem: true, format: false }
    expect(cases.to_h { |status, _| [status, described_class.of?(error.new("open a", status: status))] }).to eq(cases)
  end

  it "knows what git lacked from what git says of a repository" do
    words = { "fatal: Out of memory, malloc failed (tried to allocate 8388608 bytes)" => /ulimit -v/,
              "fatal: unable to create threaded lstat: Resource temporarily unavailable" => /ulimit -u/,
              "fatal: sha1 file '<stdout>' write error: No space left on device" => /free some space/,
              "git: pid 12 SIGKILL (signal 9)" => /free some memory/ }
    words.each do |message, hint|
      behind = described_class.behind(error.new(message, status: :repository))
      expect(failure.line(behind)).to match(/\A#{Regexp.escape(message)} \(.*#{hint}/)
    end
    expect(described_class.behind(error.new("fatal: pack has bad object at offset 12", status: :repository))).to be_nil
  end

  it "sends to another folder where that helps" do
    advice = [Errno::ENOSPC, Errno::EMFILE].map do |refusal|
      described_class.elsewhere(failure.of("write to", "/tmp", refusal.new)).message.include?("TMPDIR")
    end
    expect(advice).to eq([true, false])
  end
end
