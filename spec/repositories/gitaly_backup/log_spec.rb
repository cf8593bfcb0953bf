# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::GitalyBackup::Log do
  let(:tally) { Gitlab::Backup::Native::RepositoryTally.new(RecordingMonitor.new) }
  let(:log) { described_class.new(tally, Gitlab::Backup::Native::GitalyBackup::Absences.new(temp_dir, "ID1")) }

  def read(*lines)
    log.read(StringIO.new(lines.map { |line| "#{line.is_a?(Hash) ? JSON.generate(line) : line}\n" }.join))
    log
  end

  def event(level, message, **more)
    { level: level, msg: message, storage_name: "default", relative_path: "a.git", gl_project_path: "p" }.merge(more)
  end

  it "tells what is completed and absent from what is there" do
    FileUtils.mkdir_p("#{temp_dir}/manifests/default/a.git")
    File.write("#{temp_dir}/manifests/default/a.git/ID1.toml", "empty = true\nnon_existent = true\n")
    read(event("info", "completed create"), event("info", "completed create", relative_path: "b.git"))
    expect([log.finished, log.absent, tally.outcome.files]).to eq([2, 1, 1])
  end

  it "counts what is completed, skipped and failed" do
    read(event("info", "started create"), event("info", "completed create"), event("warning", "skipped create"),
         event("error", "create failed", error: "why"))
    expect([log.finished, log.failed, log.absent, tally.outcome.files]).to eq([3, 1, 1, 1])
    expect(tally.outcome.problems.map(&:to_h)).to eq([{ kind: "repository", path: "default/a.git (p)", reason: "why" }])
  end

  it "keeps the last words that are about no repository" do
    read("a panic", event("info", "completed create"), { level: "info", msg: "done" },
         { level: "error", msg: "create: gone" })
    expect(log.tail).to eq("a panic\ncreate: gone")
  end

  it "keeps little of much" do
    read(*(1..100).map { |number| "#{number} #{"x" * 10_000}" })
    expect([log.tail.bytesize, log.tail[/\A\d+/]]).to match([be < 2600, "96"])
  end

  it "takes whatever bytes it gets" do
    read("\xFF\x00", "[1,2]", "null", "{\"relative_path\": 7, \"level\": \"error\"}")
    expect([log.failed, tally.outcome.problems.first.path]).to eq([1, "/7"])
  end
end
