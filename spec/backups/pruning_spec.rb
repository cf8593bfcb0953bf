# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::Pruning do
  include TinyInstance

  let(:root) { tiny_instance }
  let(:reporter) { RecordingReporter.new }
  let(:pruning) { described_class.new(catalog: Gitlab::Backup::Native::Catalog.new(backups_of(root)), reporter: reporter) }

  before do
    old_backup(root, "old", seconds_ago: 100, components: { "db" => "complete" })
    old_backup(root, "new", components: { "db" => "complete" })
  end

  it "deletes, line by line, and counts as GitLab does" do
    expect(pruning.call(keep_time: 50)).to eq(0)
    expect(names(root)).to eq(["new"])
    expect(reporter.texts(:info)).to eq(["Deleted #{backups_of(root)}/old",
                                         "Deleting old backups ... done. (1 removed)"])
  end

  it "only says so in a preview" do
    expect(pruning.preview(keep_time: 50)).to eq(0)
    expect([names(root), reporter.texts(:info).last]).to eq([%w[new old], "1 backup would be deleted"])
  end
end
