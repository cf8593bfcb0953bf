# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::Monitor do
  let(:reporter) { RecordingReporter.new }
  let(:component) { Gitlab::Backup::Native::Components::Files.all(nil).first }
  # Seconds the clock shows, one after another; the first is the start.
  let(:seconds) { [100.0, 110.0, 120.0] }
  let(:monitor) { described_class.new(component: component, reporter: reporter, clock: -> { seconds.shift }) }

  def figures
    reporter.events.last.last
  end

  it "tells bytes, rate and nothing about the end while nothing is known of it" do
    monitor.advance(raw: 1000, stored: 100, entries: 3)
    expect([figures.raw, figures.stored, figures.entry_count, figures.rate, figures.fraction, figures.seconds_left])
      .to eq([1000, 100, 3, 100.0, nil, nil])
  end

  it "tells how long it will take from an estimate of bytes" do
    monitor.estimate(4000)
    monitor.advance(raw: 1000)
    expect([figures.fraction, figures.seconds_left]).to eq([0.25, 30.0])
  end

  it "prefers an estimate of entries, and never passes the end" do
    monitor.estimate(10)
    monitor.estimate_entries(4)
    monitor.advance(raw: 1000, entries: 1)
    expect(figures.fraction).to eq(0.25)
    monitor.advance(entries: 9)
    expect([figures.fraction, figures.seconds_left]).to eq([1.0, 0.0])
  end

  it "hands lines on" do
    monitor.info("one")
    monitor.warn("two")
    expect(reporter.lines).to eq([[:info, "one"], [:warning, "two"]])
  end
end
