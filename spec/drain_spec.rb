# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::Drain do
  subject(:drain) { described_class.new(limit: 20) }

  after { drain.close }

  it "gives what was written" do
    drain.io.write("some text")
    expect(drain.text).to eq("some text")
  end

  it "gives nothing when nothing was written" do
    expect(drain.text).to eq("")
  end

  it "gives the same text again" do
    drain.io.write("text")
    expect([drain.text, drain.text]).to eq(%w[text text])
  end

  it "reads in the thread that asks for the text when it is to have none of its own" do
    threads = Thread.list
    patient = described_class.new(thread: false)
    child = Gitlab::Backup::Native::Child.start(["sh", "-c", "seq 50000 >&2"], stderr: patient.io)
    expect(patient.text).to match(/\A1\n2\n.*left out.*\n50000\n\z/m)
    expect(child.wait).to be_success
    expect(Thread.list - threads).to eq([])
  ensure
    patient.close
  end

  # 20 bytes at most, ten from each end, however the pieces come.
  [1, 3, 10, 11, 64].each do |piece|
    it "keeps both ends of a long text that comes in pieces of #{piece}" do
      ("a".."z").to_a.join.scan(/.{1,#{piece}}/) do |part|
        drain.io.write(part)
        drain.io.flush
        Thread.pass
      end
      expect(drain.text).to eq("abcdefghij\n[... 6 bytes left out ...]\nqrstuvwxyz")
    end
  end

  it "leaves nothing out of a text that just fits" do
    drain.io.write("abcdefghijklmnopqrst")
    expect(drain.text).to eq("abcdefghijklmnopqrst")
  end

  it "never lets the writer wait" do
    drain.io.write("x" * 5_000_000)
    expect(drain.text).to include("4999980 bytes left out")
  end

  it "makes readable text of whatever bytes came" do
    drain.io.write("caf\xC3\xA9 \xFF".b)
    expect([drain.text, drain.text.valid_encoding?]).to eq(["caf\u00E9 \uFFFD", true])
  end

  it "can be closed while somebody still writes, more than once, leaving no descriptor and no thread" do
    before = [Processes.descriptors, Thread.list.size]
    other = described_class.new
    writer = other.io.dup
    2.times { other.close }
    expect { writer.write("x") }.to raise_error(Errno::EPIPE)
    writer.close
    expect([Processes.descriptors, Thread.list.size]).to eq(before)
  end
end
