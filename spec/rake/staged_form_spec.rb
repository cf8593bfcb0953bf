# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::StagedForm do
  let(:base) { "#{temp_dir}/backups".tap { |path| Dir.mkdir(path) } }
  let(:yaml) { "backup_information.yml" }

  # A CreatePlan's answers.
  def plan(id)
    Struct.new(:id, :base, :workers).new(id, base, 1)
  end

  # Publishes a backup of three parts, or delivers them, each with the id in it.
  def stage(id, metadata: true)
    described_class.open(plan(id)) do |form|
      FileUtils.mkdir_p(["#{form.directory}/manifest", "#{form.directory}/db"])
      %w[uploads.tar.gz db/database.sql.gz].each { |name| File.write("#{form.directory}/#{name}", id) }
      next form.deliver unless metadata

      information = Struct.new(:yaml).new(id)
      form.publish(information, summary: { backup_id: id }, sums: {})
    end
  end

  # The same in a process that is killed before its nth rename. Returns true if it was.
  def killed_before_rename(number, ...)
    pid = fork do
      count = 0
      File.singleton_class.prepend(Module.new do
        define_method(:rename) { |*names| (count += 1) == number ? Process.kill(:KILL, Process.pid) : super(*names) }
      end)
      stage(...)
      exit!(0)
    end
    Process.wait2(pid).last.signaled?
  end

  def names
    Dir.children(base).sort
  end

  # {part => id in it} of what lies in the backup path.
  def ids
    [yaml, "uploads.tar.gz", "db/database.sql.gz"].select { |name| File.exist?("#{base}/#{name}") }
                                                  .to_h { |name| [name, File.read("#{base}/#{name}")] }
  end

  def next_run
    RecordingReporter.new.tap { |reporter| Gitlab::Backup::Native::Leftovers.new(base, reporter).clear }
  end

  it "loses neither of two backups to a kill, and mixes them never under metadata" do
    number = 0
    loop do
      stage("old")
      break unless killed_before_rename(number += 1, "new")

      expect(ids.values.uniq.size).to eq(1) if ids.key?(yaml)
      next_run
      expect([ids.values.uniq.size, ids.size, names]).to eq([1, 3, [yaml, "db", "manifest", "uploads.tar.gz"].sort])
    end
    expect([number > 6, ids.values.uniq]).to eq([true, %w[new]])
  end

  it "completes single products as well, without the manifest that fits no more" do
    stage("old")
    expect(killed_before_rename(4, "new", metadata: false)).to be(true)
    expect(next_run.texts(:info)).to include("Completed the staged backup in #{base}, of a run that was broken off")
    expect([ids, names]).to eq([{ yaml => "old", "uploads.tar.gz" => "new", "db/database.sql.gz" => "new" },
                                [yaml, "db", "uploads.tar.gz"].sort])
  end

  it "takes the place of links, not of what they lead to" do
    File.write("#{temp_dir}/elsewhere", "untouched")
    File.symlink("#{temp_dir}/elsewhere", "#{base}/uploads.tar.gz")
    stage("new")
    expect([File.read("#{temp_dir}/elsewhere"), File.symlink?("#{base}/uploads.tar.gz")]).to eq(["untouched", false])
  end

  it "leaves private files alone and folders, for the owner of the backup path" do
    stage("new")
    modes = Dir.glob("#{base}/**/*").to_h { |path| [File.directory?(path), File.stat(path).mode & 0o777] }
    expect(modes).to eq(true => 0o700, false => 0o600)
  end
end
