# frozen_string_literal: true

# `delete` of what `list` shows: folders and tars.
RSpec.describe Gitlab::Backup::Native::CLI::MaintenanceCommands do
  include OuterTars
  include TinyInstance

  let(:root) { tiny_instance }
  let(:base) { backups_of(root) }
  let(:tar) { "#{OuterTars::OUTER_ID}_gitlab_backup.tar" }

  def put(id: OuterTars::OUTER_ID)
    outer_tar(base, { "backup_information.yml" => OuterTars::OLD_INFORMATION, "db/database.sql.gz" => "x" }, id: id)
  end

  def delete(name, *options)
    cli("delete", name, "--gitlab-path", root, *options)
  end

  def expect_deleted(result, path)
    expect([result.status.exitstatus, result.errors, result.output]).to match([0, "", /Deleted #{path}$/])
  end

  def expect_refused(name, message)
    result = delete(name)
    expect([result.status.exitstatus, result.output, result.errors.lines]).to match([1, "", [message]])
  end

  it "takes a tar by its name in the list and by its id, whoever made it" do
    [tar, OuterTars::OUTER_ID].each do |name|
      put
      put(id: "other")
      expect_deleted(delete(name), "#{base}/#{tar}")
      expect(names(root)).to eq(["other_gitlab_backup.tar"])
    end
  end

  it "takes a tar that can no longer be read" do
    File.write("#{base}/cut_gitlab_backup.tar", "just words")
    expect_deleted(delete("cut"), "#{base}/cut_gitlab_backup.tar")
    expect(names(root)).to eq([])
  end

  it "takes an incomplete tar by the name the list shows only" do
    File.rename(put, "#{base}/#{tar}.incomplete")
    expect_refused(OuterTars::OUTER_ID, /there is no backup "#{OuterTars::OUTER_ID}" in .*backup-cli list shows those/)
    expect_refused(tar, /there is no backup "#{tar}" in .*: gitlab-backup-cli list shows those there are$/)
    expect_deleted(delete("#{tar}.incomplete"), "#{base}/#{tar}.incomplete")
  end

  it "takes the folder where there are both, and says how to delete the tar" do
    back_up(root, "--backup-id", "nightly")
    cli("export-tar", "nightly", "--gitlab-path", root)
    result = delete("nightly")
    expect_deleted(result, "#{base}/nightly")
    expect(result.output).to include("#{base}/nightly_gitlab_backup.tar stays: gitlab-backup-cli delete " \
                                     "nightly_gitlab_backup.tar deletes it, too\n")
    expect_deleted(delete("nightly_gitlab_backup.tar"), "#{base}/nightly_gitlab_backup.tar")
    expect(names(root)).to eq([])
  end

  it "leaves the folder when the tar is named" do
    back_up(root, "--backup-id", "nightly")
    cli("export-tar", "nightly", "--gitlab-path", root)
    expect_deleted(delete("nightly_gitlab_backup.tar"), "#{base}/nightly_gitlab_backup.tar")
    expect(names(root)).to eq(["nightly"])
  end

  it "takes a link to a tar, and says where that stays" do
    put
    File.rename("#{base}/#{tar}", "#{temp_dir}/elsewhere.tar")
    File.symlink("#{temp_dir}/elsewhere.tar", "#{base}/#{tar}")
    result = delete(tar)
    expect_deleted(result, "#{base}/#{tar}")
    expect(result.output).to include("#{temp_dir}/elsewhere.tar, which that led to, stays\n")
    expect([names(root), File.file?("#{temp_dir}/elsewhere.tar")]).to eq([[], true])
  end

  it "takes nothing else that has such a name" do
    FileUtils.mkdir_p("#{base}/folder_gitlab_backup.tar")
    File.symlink("nowhere", "#{base}/link_gitlab_backup.tar")
    File.mkfifo("#{base}/pipe_gitlab_backup.tar")
    File.write("#{base}/uploads.tar.gz", "x")
    put
    before = names(root)
    { "folder_gitlab_backup.tar" => /it has no backup_information\.json/, "link_gitlab_backup.tar" => /is a link/,
      "pipe_gitlab_backup.tar" => /is not a backup: it is neither a folder nor a tar/, "folder" => /no backup "folder"/,
      "uploads.tar.gz" => /is neither a folder nor a tar named <id>_gitlab_backup\.tar$/,
      "latest" => /no backup "latest"/, "../gitlab-backups/#{tar}" => /is not a backup id/,
      "#{base}/#{tar}" => /is not a backup id/ }
      .each { |name, message| expect_refused(name, message) }
    expect(names(root)).to eq(before)
  end

  it "touches no tar while a backup is being made" do
    put
    write("#{root}/tmp/backup_restore.pid", Process.pid.to_s)
    expect_refused(tar, /already running \(PID #{Process.pid}/)
    expect(names(root)).to eq([tar])
  end

  it "tells those who read JSON in JSON" do
    put
    result = delete(tar, "--json")
    expect(result.output.lines.map { |line| JSON.parse(line)["message"] }).to eq(["Deleted #{base}/#{tar}"])
  end

  it "is not alone to know a tar when it sees one" do
    File.rename(put, "#{base}/#{tar}.incomplete")
    put
    told = [%W[export-tar #{tar}], %W[verify #{tar}.incomplete]].map do |words|
      cli(*words, "--gitlab-path", root).errors
    end
    expect(told).to match([/"#{tar}" in #{base} is a tar: only a folder will do here$/,
                           /"#{tar}\.incomplete" in #{base} is an incomplete tar: gitlab:backup:restore .*=yes$/])
  end
end
