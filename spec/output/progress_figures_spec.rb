# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::ProgressFigures do
  def words(**figures)
    described_class.new(raw: 2048, rate: 1024, **figures).words
  end

  it "says how long it may take, and what it is at" do
    expect(words(seconds_left: 65, position: "CREATE INDEX i")).to eq(["2.0 KiB", "1.0 KiB/s", "1m 05s left",
                                                                       "CREATE INDEX i"])
  end

  it "says nothing of the time when the bytes are through, or nobody knows" do
    [0.0, 0.9, nil].each { |left| expect(words(seconds_left: left)).to eq(["2.0 KiB", "1.0 KiB/s"]) }
  end
end
