# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::ListedTar do
  include OuterTars
  include TinyInstance

  let(:root) { tiny_instance }
  let(:base) { backups_of(root) }
  let(:catalog) { Gitlab::Backup::Native::Catalog.new(base) }
  let(:name) { "1770480592_2026_02_07_18.6.2-ee_gitlab_backup.tar" }

  # A tar of ours with a folder of `bundles` files, and parts that fail.
  def ours(bundles: 1, failing: [])
    folder = TarForms.folder_part("repositories", Array.new(bundles) { |n| ["#{n}/001.bundle", "b"] }.to_h)
    TarForms.run(base, [folder] + failing.map { |id| TarForms.failing_part(id, "#{id}.tar.gz") })
  end

  def listed
    catalog.tars.map { |tar| [tar.name, tar.status, tar.version, tar.created_at&.utc&.to_s] }
  end

  # By all system calls of this process.
  def bytes_read
    File.read("/proc/self/io")[/^rchar: (\d+)/, 1].to_i
  end

  def list(*words)
    result = cli("list", "--gitlab-path", root, *words)
    expect([result.errors, result.status.exitstatus]).to eq(["", 0])
    result.output
  end

  it "tells ours, GitLab's and incomplete ones apart, oldest first" do
    ours(failing: %w[lfs])
    ours
    outer_tar(base, { "backup_information.yml" => OuterTars::OLD_INFORMATION, "db/database.sql.gz" => "x" }, id: "old")
    expect(listed).to eq([
                           ["old_gitlab_backup.tar", "foreign", "18.6.2-ee", "2024-04-25 13:55:14 UTC"],
                           [name, "complete", "18.6.2-ee", "2026-02-07 16:09:52 UTC"],
                           ["#{name}.incomplete", "incomplete", "18.6.2-ee", "2026-02-07 16:09:52 UTC"]
                         ])
  end

  it "shows what is no backup, or only a part of one, as damaged" do
    whole = ours(bundles: 100)
    [-1, -10_240, -20_480, 600].each_with_index do |size, n|
      IO.copy_stream(whole, "#{base}/#{n}_gitlab_backup.tar", size.positive? ? size : File.size(whole) + size)
    end
    File.write("#{base}/text_gitlab_backup.tar", "just words")
    outer_tar(base, { "other.txt" => "x" }, id: "other")
    expect(catalog.tars.to_h { |tar| [tar.name.delete_suffix("_gitlab_backup.tar"), tar.status] })
      .to eq({ name.delete_suffix("_gitlab_backup.tar") => "complete", "0" => "damaged", "1" => "damaged",
               "2" => "damaged", "3" => "damaged", "text" => "damaged", "other" => "damaged" })
    expect(catalog.tars.find { |tar| tar.name.start_with?("other") }.damages)
      .to eq(["has no backup_information.yml: it is no backup of GitLab"])
  end

  it "lists tars beside folders" do
    old_backup(root, "folder", seconds_ago: 60, components: { "uploads" => "complete" })
    ours(failing: %w[lfs])
    ours
    expect(list.lines.map { |line| line.split(/ {2,}/).values_at(0, -1).map(&:strip) })
      .to contain_exactly(%w[id status], %w[folder complete], [name, "complete"], ["#{name}.incomplete", "incomplete"])
    row = list("--json").lines.map { |line| JSON.parse(line) }.find { |found| found["id"] == name }
    expect(row).to include("status" => "complete", "size" => File.size("#{base}/#{name}"), "skipped" => [],
                           "created_at" => "2026-02-07T16:09:52Z", "version" => "18.6.2-ee", "damages" => [])
  end

  it "leaves nothing in the backup path" do
    ours
    list
    expect(names(root)).to eq([name])
  end

  it "reads the first member and the end, however much lies between" do
    ours(bundles: 3000)
    before = bytes_read
    expect(catalog.tars.map(&:status)).to eq(["complete"])
    expect([bytes_read - before, File.size("#{base}/#{name}")]).to match([be < 1 << 20, be > 3 << 20])
  end

  it "has the figures for the next run's estimates" do
    ours
    old_backup(root, "older", seconds_ago: 10 * 365 * 86_400, components: { "uploads" => "complete" })
    expect(catalog.previous_figures.keys).to eq(["repositories"])
  end

  it "takes nothing for a summary that has its name only" do
    name = "manifest/summary.json\0"
    files = { "backup_information.yml" => OuterTars::OLD_INFORMATION, "a" => name, "b" => name.ljust(2000, "\0"),
              "c" => "#{name.ljust(257, "\0")}ustar#{"x" * 762}" }
    outer_tar(base, files, id: "old")
    expect(catalog.tars.map(&:status)).to eq(["foreign"])
  end

  it "knows an exported backup by its summary, too" do
    FileUtils.mkdir_p("#{temp_dir}/out")
    expect(back_up(root, "--backup-id", "nightly").status.exitstatus).to eq(0)
    expect(cli("export-tar", "nightly", "--gitlab-path", root).status.exitstatus).to eq(0)
    expect(catalog.tars.map { |tar| [tar.status, tar.components.size] }).to eq([["complete", 2]])
  end

  it "finds a summary of some megabytes" do
    problem = { kind: "unreadable", path: "p" * 100, reason: "r" }
    text = JSON.generate(format: 1, backup_id: "id", components: [{ id: "db", problems: [problem] * 20_000 }])
    path = outer_tar(base, { "a" => "x", "manifest/summary.json" => text })
    expect(Gitlab::Backup::Native::TarEnd.new(path).summary).to eq(text)
  end
end
