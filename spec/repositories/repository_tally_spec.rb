# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::RepositoryTally do
  let(:monitor) { RecordingMonitor.new }
  let(:tally) { described_class.new(monitor) }

  it "adds up what was kept" do
    tally.kept(bytes: 10)
    tally.kept(count: 2)
    tally.stored(5)
    expect(tally.outcome.to_h).to include(files: 3, raw: 15, stored: 15, problems: [], problem_count: 0)
  end

  it "has nothing of what is absent but the progress, and a problem if it is lost" do
    2.times { tally.absent(bytes: 4) }
    tally.lost("default/a.git (p)")
    expect(monitor.advances.last).to eq(raw: 8, stored: 8, entries: 2)
    expect([tally.outcome.files, tally.outcome.problems.map(&:to_a)])
      .to eq([0, [["repository", "default/a.git (p)", "is in the database but not on disk"]]])
  end

  it "tells the monitor after each repository how far it is, failures included" do
    tally.kept(bytes: 10)
    tally.failed("default/a.git", "broken")
    expect(monitor.advances).to eq([{ raw: 10, stored: 10, entries: 1 }, { raw: 10, stored: 10, entries: 2 }])
  end

  it "keeps the reason of a failure on one printable line" do
    tally.failed("default/a.git (p)", "fatal: bad\n\xFFobject\e[0m")
    expect(tally.outcome.problems.map(&:to_h))
      .to eq([{ kind: "repository", path: "default/a.git (p)", reason: "fatal: bad; \\xFFobject\\x1B[0m" }])
  end

  it "counts all failures and lists the first thousand" do
    1200.times { |number| tally.failed("#{number}.git", "broken") }
    expect([tally.outcome.problem_count, tally.outcome.problems.size]).to eq([1200, 1000])
  end
end
