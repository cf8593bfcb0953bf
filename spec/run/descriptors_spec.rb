# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::Descriptors do
  it "grants the workers that the limit has descriptors for, and one at least" do
    expect([128, 64, 20, 1024].map { |limit| described_class.workers(32, limit: limit) }).to eq([16, 1, 1, 32])
  end

  it "raises the limit as far as it may" do
    reader, writer = IO.pipe
    child = fork do
      Process.setrlimit(:NOFILE, 100, 200)
      described_class.raise_limit
      writer.write(Process.getrlimit(:NOFILE).first)
      exit!
    end
    writer.close
    expect([reader.read, Process.wait(child)]).to eq(["200", child])
  end
end
