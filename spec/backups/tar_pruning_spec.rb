# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::TarPruning do
  let(:reporter) { RecordingReporter.new }
  let(:now) { Time.at(1_770_480_594) }
  # Of the year 2001: older than any age in here.
  let(:old) { "1000000000" }

  def put(*names)
    names.each { |name| File.write("#{temp_dir}/#{name}", "") }
  end

  def pruning(keep_time: 604_800)
    described_class.new(base: temp_dir, keep_time: keep_time, reporter: reporter, now: now)
  end

  def prune(made: "none", **options)
    pruning(**options).call(made: made)
    Dir.children(temp_dir).sort
  end

  # Names without the suffix, and whether GitLab deletes an old one of such a name.
  {
    "1000000000" => true,
    "1000000000_2001_09_09" => true,
    "1000000000_2001_09_09_18.6.2" => true,
    "1000000000_2001_09_09_18.6.2-ee" => true,
    "1000000000_2001_09_09_18.6.2-pre" => true,
    "1000000000_2001_09_09_18.6.2.pre" => true,
    "1000000000_2001_09_09_18.6.2-pre-ee" => true,
    "1000000000_2001_09_09_18.6.2-rc1" => true,
    "1000000000_2001_09_09_18.6.2.rc1" => true,
    "1000000000_2001_09_09_18.6.2-rc1-ee" => true,
    "1000000000_2001_09_09_118.60.200" => true,
    "1000000000_2001_09_09_18.6.2-rc42-ee" => false,
    "1000000000_2001_09_09_18.6.2-ce" => false,
    "1000000000_2001_09_09_18.6.2-ee-pre" => false,
    "1000000000_2001_09_09_18.6" => false,
    "1000000000_2001_09_09_18.6.2.3" => false,
    "1000000000_18.6.2" => false,
    "1000000000_2001_9_9" => false,
    "1000000000_2001_09_09_" => false,
    "10000000000_2286_11_20_18.6.2" => false,
    "100000000_1973_03_03" => false,
    "my_1000000000" => false,
    " 1000000000" => false,
    "1000000000\n1000000000" => false,
    "dump" => false,
    "" => false
  }.each do |name, deleted|
    it "#{deleted ? "deletes" : "keeps"} #{name.inspect} + _gitlab_backup.tar" do
      put("#{name}_gitlab_backup.tar")
      expect(prune.empty?).to be(deleted)
    end
  end

  it "looks at whole names only: neither another ending nor a copy goes" do
    kept = %w[1000000000_gitlab_backup.tar.incomplete.1 1000000000_gitlab_backup.tar.gz 1000000000_gitlab_backup.TAR
              1000000000.tar 1000000000_gitlab_backup.tar.1 copy-of-1000000000_gitlab_backup.tar]
    put(*kept)
    expect(prune).to eq(kept.sort)
  end

  it "deletes incomplete tars of such names, too" do
    put("#{old}_gitlab_backup.tar.incomplete", "#{now.to_i}_gitlab_backup.tar.incomplete",
        "dump_gitlab_backup.tar.incomplete")
    expect(prune).to eq(["#{now.to_i}_gitlab_backup.tar.incomplete", "dump_gitlab_backup.tar.incomplete"])
    expect(reporter.texts(:info)).to include("Deleting old backups ... done. (1 removed)")
  end

  it "goes by the name's age, not the file's, and lets go what is strictly older" do
    ages = { 604_799 => true, 604_800 => true, 604_801 => false }
    names = ages.transform_keys { |age| "#{now.to_i - age}_gitlab_backup.tar" }
    put(*names.keys)
    File.utime(now, now, *names.keys.map { |name| "#{temp_dir}/#{name}" })
    expect(prune).to eq(names.select { |_, kept| kept }.keys.sort)
  end

  it "never deletes the tar just made" do
    put("#{old}_gitlab_backup.tar", "1000000001_gitlab_backup.tar")
    expect(prune(made: "#{temp_dir}/#{old}_gitlab_backup.tar")).to eq(["#{old}_gitlab_backup.tar"])
  end

  it "says what it does in GitLab's words" do
    put("#{old}_gitlab_backup.tar", "1000000001_gitlab_backup.tar")
    prune
    expect(reporter.texts(:info)).to eq(["Deleting old backups ... ", "Deleting old backups ... done. (2 removed)"])
  end

  it "keeps all for ever where keep_time is 0 or less" do
    put("#{old}_gitlab_backup.tar")
    expect([0, -1].map { |keep_time| prune(keep_time: keep_time) }).to all(eq(["#{old}_gitlab_backup.tar"]))
    expect(reporter.texts(:info)).to eq(["Deleting old backups ... [SKIPPED]"] * 2)
  end

  it "says what could not be deleted, and goes on" do
    put("1000000001_gitlab_backup.tar")
    Dir.mkdir("#{temp_dir}/#{old}_gitlab_backup.tar")
    expect(pruning.call(made: "none")).to eq(1)
    expect(reporter.texts(:error)).to eq(["Deleting #{temp_dir}/#{old}_gitlab_backup.tar failed: Is a directory"])
    expect(reporter.texts(:info).last).to eq("Deleting old backups ... done. (1 removed)")
    expect(Dir.children(temp_dir)).to eq(["#{old}_gitlab_backup.tar"])
  end
end
