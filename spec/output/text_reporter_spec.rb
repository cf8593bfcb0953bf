# frozen_string_literal: true

require "pty"

RSpec.describe Gitlab::Backup::Native::TextReporter do
  include Terminals

  let(:output) { StringIO.new }
  let(:errors) { StringIO.new }
  let(:reporter) { described_class.new(output: output, errors: errors, clock: -> { Time.at(1_714_053_314) }) }
  let(:component) { Gitlab::Backup::Native::Components::Files.all(nil).first }
  let(:stamp) { "[2024-04-25 13:55:14 UTC]" }

  def ended(error: nil, **outcome)
    made = error ? nil : Gitlab::Backup::Native::Outcome.new(**outcome)
    reporter.component_ended(Gitlab::Backup::Native::ComponentResult.new(component: component, outcome: made,
                                                                         error: error, seconds: 12.9))
  end

  def problems(count)
    Array.new(count) { |index| Gitlab::Backup::Native::Problem.new(kind: "unreadable", path: "f#{index}\n", reason: "denied") }
  end

  it "prints upstream's icons to upstream's streams" do
    %i[info success warning error].each { |kind| reporter.public_send(kind, kind.to_s) }
    expect(output.string).to eq("#{stamp} \u2139\uFE0F  info\n#{stamp} \u2705\uFE0F success\n")
    expect(errors.string).to eq("#{stamp} \u26A0\uFE0F  warning\n#{stamp} \u274C\uFE0F error\n")
  end

  it "prints upstream's sequence of a run" do
    reporter.starting(backup_id: "id", directory: "/b/backup1")
    reporter.component_started(component)
    ended
    reporter.finished(backup_id: "id", path: "/b/id", seconds: 61.7, problems: 0)
    expect(output.string.lines.map { |line| line.split(/\uFE0F +/).last.chomp })
      .to eq(["Starting GitLab backup... (/b/backup1)", "Executing Backup of Uploads...",
              "Finished Backup of Uploads! (12s)", "GitLab Backup finished: id (61s)"])
  end

  it "prints upstream's sequence of a restore, and the like of an undo" do
    reporter.restoring(backup_id: "id", directory: "/b/id")
    reporter.component_started(component)
    ended
    reporter.component_skipped(component, "there is none")
    reporter.restored(backup_id: "id", seconds: 61.7)
    reporter.undoing(restore_id: "id_1", directory: "/b/id_1.before")
    reporter.undone(restore_id: "id_1", seconds: 1)
    expect(output.string.lines.map { |line| line.split(/\uFE0F +/).last.chomp })
      .to eq(["Restoring GitLab backup id... (/b/id)", "Executing restoration of Uploads...",
              "Finished restoration of Uploads! (12s)", "Skipped restoration of Uploads: there is none",
              "GitLab restoration of backup id finished (61s)", "Undoing restore id_1... (/b/id_1.before)",
              "Undo of restore id_1 finished (1s)"])
    ended(error: Gitlab::Backup::Native::Error.new("no room"))
    expect(errors.string.lines.last).to end_with("Undo of Uploads failed! no room\n")
  end

  it "lists ten problems of a component and counts the others" do
    ended(problems: problems(12), problem_count: 15)
    expect([errors.string.lines.size, output.string]).to eq([12, ""])
    expect(errors.string.lines.last).to eq("#{stamp} \u26A0\uFE0F  Finished Backup of Uploads with 15 problems (12s)\n")
    expect(errors.string).to include("Uploads: unreadable f0\\n: denied",
                                     "Uploads: and 5 more, see manifest/summary.json")
  end

  it "counts what is no problem in one line" do
    ended(notes: { "changed" => 3, "vanished" => 1, "socket" => 2 })
    expect(output.string)
      .to include("Uploads: 3 files changed while they were read, 1 file vanished, 2 sockets skipped\n")
  end

  it "ends with an error when there were problems or failures" do
    reporter.finished(backup_id: "id", path: "/b/id", seconds: 1, problems: 2)
    reporter.incomplete(backup_id: "id", path: "/b/id.incomplete", failed: %w[Uploads])
    reporter.failed("no room", directory: "/b/backup1")
    reporter.failed("no configuration")
    lines = errors.string.lines.map { |line| line.split("\uFE0F ").last.chomp }
    expect(lines).to eq(
      ["GitLab Backup finished with 2 problems: id (1s); see gitlab-backup-cli show id",
       "GitLab Backup failed: 1 component failed (Uploads), what was finished is kept in /b/id.incomplete",
       "GitLab Backup failed: no room (/b/backup1)", "GitLab Backup failed: no configuration"]
    )
  end

  it "names the shorter list of what is wanted and what is left out" do
    reporter.left_out(%w[Databases Builds], wanted: %w[Uploads])
    reporter.left_out(%w[Databases], wanted: %w[Uploads Builds])
    expect(output.string.lines.map { |line| line.split(/\uFE0F +/).last.chomp })
      .to eq(["Only Uploads, as asked", "Left out as asked: Databases"])
  end

  it "prints one line whatever a name holds, in any locale" do
    reporter.info("a\e[2Jb\nc\xFF".b)
    expect(output.string).to end_with("a\\x1B[2Jb; c\\xFF\n")
  end

  it "goes on when nobody reads any more" do
    reader, writer = IO.pipe
    reader.close
    broken = described_class.new(output: writer, errors: errors)
    expect { 3.times { broken.info("line") } }.not_to raise_error
  end

  it "shows no progress and no escape code where there is no terminal" do
    reporter.component_started(component)
    reporter.progress(component, Gitlab::Backup::Native::ProgressFigures.new(raw: 1, rate: 1))
    expect(output.string.lines.size).to eq(1)
  end

  it "prints plain lines of progress where they are asked for" do
    now = 0
    asked = described_class.new(output: output, errors: errors, progress: true, clock: -> { Time.at(now) })
    asked.component_started(component)
    [1, 11, 12].each do |second|
      now = second
      asked.progress(component, Gitlab::Backup::Native::ProgressFigures.new(raw: 2048, rate: 1024, seconds_left: 5))
    end
    expect(output.string.lines.grep(%r{Uploads: 2\.0 KiB, 1\.0 KiB/s, 5s left$}).size).to eq(1)
  end

  it "shows one line on a terminal, and takes it away" do
    shown = PTY.open do |terminal, screen|
      on_screen = described_class.new(output: screen, errors: screen)
      on_screen.component_started(component)
      on_screen.progress(component, Gitlab::Backup::Native::ProgressFigures.new(raw: 2048, rate: 1024, fraction: 0.5,
                                                                                seconds_left: 5))
      on_screen.info("meanwhile")
      on_screen.component_ended(Gitlab::Backup::Native::ComponentResult.new(
                                  component: component, outcome: Gitlab::Backup::Native::Outcome.new, seconds: 1
                                ))
      screen.close
      everything_on(terminal)
    end
    expect(shown).to match(%r{Uploads \[=+ *\] 2\.0 KiB  1\.0 KiB/s  5s left})
    expect(shown.split("\e[1G").last).to start_with("[")
  end
end
