# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::FilesRestore do
  include TinyInstance
  include Restores

  let(:native) { Gitlab::Backup::Native }
  let(:root) { tiny_instance }
  let(:base) { backups_of(root) }
  let(:uploads) { "#{root}/public/uploads" }
  let(:monitor) { RecordingMonitor.new }
  let(:instance) { native::Instance.find(gitlab_path: root, environment: {}) }
  let(:journal) { native::Journal.start(base, "id") }

  before { back_up(root, "--backup-id", "id") }

  def files(id = "uploads")
    component = native::Component.all(instance).find { |candidate| candidate.id == id }
    job = native::RestoreJob.new(instance: instance, source: native::BackupSource.find(base, "id"), workers: 2,
                                 monitor: monitor, options: native::RestoreOptions.new, journal: journal)
    described_class.new(component, job)
  end

  it "replaces the content, tells how far it is, and gives the old content back on demand" do
    write("#{uploads}/later", "later")
    old = tree(uploads)
    outcome = files.tap(&:check).call
    expect([outcome.files, outcome.problem_count, contents(uploads)]).to eq([1, 0, { "a.txt" => "content" }])
    expect([monitor.estimates, monitor.lines, monitor.warnings]).to eq([[outcome.raw], [], []])
    files.give_back
    expect([tree(uploads), ours_below(root)]).to eq([old, []])
  end

  it "says what it needs, where, and what it replaces" do
    expect(files.needs).to eq(uploads => 8192)
    expect(files.replaces).to eq(["Uploads: #{uploads}, by 1 file (8.0 KiB)"])
    FileUtils.rm_rf("#{root}/public")
    expect(files.needs).to eq(root => 8192)
  end

  it "says before anything is touched what will not do" do
    expect { files("lfs").check }.to raise_error(native::Error, /the backup has no lfs.tar.gz/)
    FileUtils.rm_rf(uploads)
    File.write(uploads, "")
    expect { files.check }.to raise_error(native::Error, /uploads is not a directory/)
  end

  it "says before anything is touched where it may not write" do
    FileUtils.rm_rf(uploads)
    system("chown", "-R", "nobody", "--", temp_dir, exception: true) if Process.euid.zero?
    File.chmod(0o555, "#{root}/public")
    unprivileged { expect { files.check }.to raise_error(native::Error, %r{/public is not writable: run it as}) }
  end

  it "says where GitLab looks for the data instead" do
    config = YAML.load_file("#{root}/config/gitlab.yml")
    config["production"]["object_store"] = { "enabled" => true, "connection" => { "provider" => "AWS" },
                                             "objects" => { "uploads" => { "bucket" => "ours" } } }
    config["production"]["uploads"] = { "object_store" => { "enabled" => true, "remote_directory" => "ours" } }
    File.write("#{root}/config/gitlab.yml", config.to_yaml)
    files.call
    expect(monitor.lines).to match([/Uploads: restored to #{uploads}; object storage \(ours\), where GitLab looks/])
  end

  it "puts everything back when the archive is damaged, whatever it had written" do
    File.write("#{uploads}/old", "old")
    File.open("#{base}/id/uploads.tar.gz", "r+b") { |file| file.seek(-20, IO::SEEK_END) && file.write("xxxx") }
    old = tree(uploads)
    expect { files.call }.to raise_error(native::Error)
    expect([tree(uploads), ours_below(root)]).to eq([old, []])
  end
end
