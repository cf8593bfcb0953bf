# frozen_string_literal: true

# Files in the backup path that are named as tars of GitLab's tasks, and are none.
RSpec.describe Gitlab::Backup::Native::BackupRun do
  include TinyInstance
  include OuterTars

  let(:root) { tiny_instance(keep_time: 60) }

  broken = {
    "an empty file" => "", "random bytes" => Random.new(1).bytes(100_000), "a gzip" => Zlib.gzip("x" * 10_000),
    "a short text" => "nothing\n"
  }
  broken.each do |what, content|
    it "passes over #{what} with one warning, and prunes all the same" do
      %w[old older].each.with_index(1) { |id, number| old_backup(root, id, seconds_ago: 100 * number) }
      File.binwrite("#{backups_of(root)}/junk_gitlab_backup.tar", content)
      result = back_up(root, "--backup-id", "new")
      expect([result.status.exitstatus, names(root)]).to eq([0, %w[junk_gitlab_backup.tar new]])
      warnings = result.errors.lines.grep(/junk/)
      expect(warnings).to match([%r{/junk_gitlab_backup\.tar: [^/]* passed over: .* delete junk_gitlab_backup\.tar$}])
      expect(result.errors).not_to include("Backup failed")
    end
  end

  it "does so with a tar of something else, and one that is cut off" do
    other = outer_tar(backups_of(root), { "a" => "1" }, id: "other")
    cut = outer_tar(backups_of(root), { "backup_information.yml" => OuterTars::OLD_INFORMATION, "x" => "y" * 99_999 })
    File.truncate(cut, 60_000)
    result = back_up(root)
    passed_over = result.errors.lines.grep(/passed over/).map { |line| line[/\S+\.tar(?=:)/] }
    expect([result.status.exitstatus, passed_over.sort]).to eq([0, [cut, other].sort])
  end
end
