# frozen_string_literal: true

# `show` of what `list` shows: folders, and tars as far as they tell the same.
RSpec.describe Gitlab::Backup::Native::CLI::ShowCommand do
  include ArchiveOracles
  include OuterTars
  include TinyInstance

  let(:root) { tiny_instance }
  let(:base) { backups_of(root) }
  let(:tar) { "#{OuterTars::OUTER_ID}_gitlab_backup.tar" }

  def show(name, *options)
    cli("show", name, "--gitlab-path", root, *options)
  end

  # What it says of that backup, with nothing amiss.
  def shown(name, *options)
    result = show(name, *options)
    expect([result.errors, result.status.exitstatus]).to eq(["", 0])
    result.output
  end

  def json(name)
    JSON.parse(shown(name, "--json"))
  end

  def put(files = { "db/database.sql.gz" => "x" }, information: OuterTars::OLD_INFORMATION, id: OuterTars::OUTER_ID)
    outer_tar(base, { "backup_information.yml" => information, **files }, id: id)
  end

  # A backup of ours with notes, warnings and a problem, as a folder and as a tar.
  def both_forms
    FileUtils.rmdir("#{root}/builds")
    UNIXServer.open("#{root}/public/uploads/s") { back_up(root, "--backup-id", "nightly") }
    expect(cli("export-tar", "nightly", "--gitlab-path", root).status.exitstatus).to eq(0)
  end

  it "says of a tar of ours what it says of the folder, by its name and by its id" do
    both_forms
    own = /^(Backup|Path|Size): .*\n/
    folder = shown("nightly")
    FileUtils.rm_r("#{base}/nightly")
    tars = [shown("nightly_gitlab_backup.tar"), shown("nightly")]
    expect(tars.map { |text| text.gsub(own, "") }).to eq([folder.gsub(own, "")] * 2)
    expect(folder).to match(/^Status: +partial .*^Left out: .*^Uploads +1 .*^Warnings:.*^Notes:/m)
    expect(tars.first).to match(%r{\ABackup: +nightly_gitlab_backup\.tar\nPath: +#{base}/nightly_gitlab_backup\.tar\n})
    expect(names(root)).to eq(["nightly_gitlab_backup.tar"])
  end

  it "says the same in JSON" do
    both_forms
    folder, tar = %w[nightly nightly_gitlab_backup.tar].map { |name| json(name) }
    own = %w[id path size]
    expect([tar.except(*own), tar.values_at(*own)])
      .to eq([folder.except(*own), ["nightly_gitlab_backup.tar", "#{base}/nightly_gitlab_backup.tar",
                                    File.size("#{base}/nightly_gitlab_backup.tar")]])
    expect(folder["components"].size).to eq(2)
  end

  it "shows the folder where there are both" do
    both_forms
    expect(shown("nightly")).to match(%r{^Path: +#{base}/nightly$})
  end

  it "says of a tar of GitLab's own what is in it, and how large that is" do
    path = put({ "db/database.sql.gz" => "x" * 10, "repositories/a.bundle" => "y" * 3000,
                 "repositories/sub/b.bundle" => "z" * 2000, "uploads.tar.gz" => "u" * 70_000 })
    text = shown(tar)
    expect(text).to match(/^Created: +2024-04-25 13:55:14 UTC\nGitLab: +18\.6\.2-ee\nSize: +\S+ KiB\nStatus: +foreign /)
    expect(text.lines.last(5).map(&:split))
      .to eq([%w[holds files bytes], %w[backup_information.yml 1 182 B], %w[db/database.sql.gz 1 10 B],
              %w[uploads.tar.gz 1 68.4 KiB], %w[repositories 2 4.9 KiB]])
    expect(members(json(tar))).to eq(by_tar(path))
    expect(names(root)).to eq([tar])
  end

  def members(object)
    object["members"].to_h { |member| [member["path"], member.values_at("files", "size")] }
  end

  # {name => [files, bytes]} by tar, those below repositories taken together.
  def by_tar(path)
    rows = oracle("tar", "-tvf", path).lines.grep(/^-/).map { |line| line.split.values_at(5, 2) }
    rows.group_by { |name, _| name[%r{\Arepositories(?=/)}] || name }
        .transform_values { |group| [group.size, group.sum { |_, size| size.to_i }] }
  end

  it "tells what was left out" do
    put({}, information: OuterTars::OLD_INFORMATION.sub(":skipped: ''", ":skipped: db,lfs"))
    expect(shown(OuterTars::OUTER_ID)).to match(/^Left out: db, lfs$/)
    expect(json(tar)).to include("status" => "foreign", "skipped" => %w[db lfs], "components" => [],
                                 "incomplete" => nil, "created_at" => "2024-04-25T13:55:14Z")
  end

  it "says what failed of an incomplete tar" do
    parts = [TarForms.folder_part("repositories", "001.bundle" => "b"), TarForms.failing_part("lfs", "lfs.tar.gz")]
    path = TarForms.run(base, parts)
    text = shown(File.basename(path))
    expect(text).to match(/^Status: +incomplete .*^What failed:\n  lfs: it broke$.*^lfs +failed /m)
    expect(json(File.basename(path))["incomplete"]).to eq([{ "id" => "lfs", "title" => "lfs", "reason" => "it broke" }])
  end

  it "says of a tar that was cut off, and of what is none, what is wrong" do
    whole = put({ "uploads.tar.gz" => "u" * 70_000 })
    IO.copy_stream(whole, "#{base}/cut_gitlab_backup.tar", 20_480)
    File.write("#{base}/text_gitlab_backup.tar", "just words")
    expect(shown("cut")).to match(/^Created: +2024.*^Status: +damaged: uploads.tar.gz: the tar ends in it:/m)
    expect(shown("text")).to match(/^Created: +unknown\n.*^Status: +damaged: is no tar, or damaged/m)
    expect(json("cut")["members"].map { |member| member["path"] }).to include("uploads.tar.gz")
  end

  it "says that it ignores a manifest of another backup" do
    put({ "manifest/summary.json" => JSON.generate(format: 1, backup_id: "other", components: []) })
    expect(shown(tar)).to match(/^Status: +foreign \(its manifest does not fit this id and is ignored\)\n\nholds /)
  end

  it "says what is lost where a header in the middle is damaged, and lists the rest" do
    path = put({ "uploads.tar.gz" => "u" * 70_000 })
    position = File.binread(path).index("uploads.tar.gz\0")
    File.open(path, "r+b") { |file| file.pwrite("X", position + 148) } # the header's checksum
    expect(shown(tar)).to match(/^Status: +damaged: uploads.tar.gz: its header is damaged, and so it is lost$/)
    expect(json(tar)["members"].map { |member| member["path"] }).to eq(["backup_information.yml"])
  end

  it "knows latest, as restore does" do
    put
    expect(shown("latest")).to match(/\ABackup: +#{tar}$/)
    back_up(root, "--backup-id", "nightly")
    result = show("latest")
    expect(result.output).to match(/\ABackup: +#{tar}$/)
    expect(result.errors).to match(/latest is #{tar}: newer, but passed over: nightly \(made without db, repositories,/)
    File.unlink("#{backups_of(root)}/#{tar}")
    expect(show("latest").output).to match(/\ABackup: +nightly$/)
  end

  it "refuses what is no backup" do
    put
    FileUtils.mkdir_p("#{base}/folder_gitlab_backup.tar")
    { "../gitlab-backups/#{tar}" => /is not a backup id/, "#{base}/#{tar}" => /is not a backup id/,
      "folder_gitlab_backup.tar" => /it has no backup_information\.json/, "none" => /there is no backup "none"/ }
      .each do |name, message|
        result = show(name)
        expect([result.status.exitstatus, result.output, result.errors.lines]).to match([1, "", [message]])
      end
  end
end
