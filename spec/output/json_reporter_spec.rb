# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::JsonReporter do
  let(:output) { StringIO.new }
  let(:component) { Gitlab::Backup::Native::Components::Files.all(nil).first }
  let(:reporter) { described_class.new(output: output, progress: true, clock: -> { Time.at(@now += 1) }) }

  before { @now = 0 }

  def objects
    output.string.lines.map { |line| JSON.parse(line) }
  end

  it "prints one object per line, with event, time and the component at work" do
    reporter.starting(backup_id: "id", directory: "/b")
    reporter.component_started(component)
    reporter.warning("a\xFF".b)
    reporter.progress(component, Gitlab::Backup::Native::ProgressFigures.new(raw: 1, rate: 2.0))
    reporter.component_ended(Gitlab::Backup::Native::ComponentResult.new(
                               component: component, outcome: Gitlab::Backup::Native::Outcome.new(files: 7), seconds: 1
                             ))
    reporter.finished(backup_id: "id", path: "/b/id", seconds: 2.0, problems: 0)
    expect(objects.map { |object| object.values_at("event", "component") })
      .to eq([["started", nil], %w[component_started uploads], %w[warning uploads], %w[progress uploads],
              %w[component_finished uploads], ["finished", nil]])
    expect(objects.map { |object| object["time"] }).to all(match(/\A1970-01-01T00:00:\d\d\.000Z\z/))
    expect([objects[2]["message"], objects[4]["files"]]).to eq(["a\\xFF", 7])
  end

  it "tells of a restore and of an undo" do
    reporter.restoring(backup_id: "id", directory: "/b/id")
    reporter.restored(backup_id: "id", seconds: 2.0)
    reporter.undoing(restore_id: "id_1", directory: "/b/id_1.before")
    reporter.undone(restore_id: "id_1", seconds: 1.2345)
    expect(objects.map { |object| object.except("time") }).to eq(
      [{ "event" => "restore_started", "backup_id" => "id", "directory" => "/b/id" },
       { "event" => "restored", "backup_id" => "id", "seconds" => 2.0 },
       { "event" => "undo_started", "restore_id" => "id_1", "directory" => "/b/id_1.before" },
       { "event" => "undone", "restore_id" => "id_1", "seconds" => 1.235 }]
    )
  end

  it "answers everything the text reporter answers" do
    text = Gitlab::Backup::Native::TextReporter
    expect(described_class.public_instance_methods(false).sort).to eq(text.public_instance_methods(false).sort)
  end

  it "words a failure as the text does" do
    reporter.failed("no room", directory: "/b/backup1")
    expect(objects.first).to include("event" => "failed", "message" => "GitLab Backup failed: no room (/b/backup1)")
  end
end
