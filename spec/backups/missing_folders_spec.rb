# frozen_string_literal: true

# A folder that was not there, or not mounted, when the backup was taken.
RSpec.describe Gitlab::Backup::Native::NewestCopies do
  include TinyInstance
  include TaskRuns
  include OuterTars

  let(:root) { tiny_instance(keep_time: 1) }
  let(:uploads) { "#{root}/public/uploads" }

  def create(id)
    rake(root, "gitlab:backup:create", "CRON=1", "BACKUP=#{id}_2001_09_09", "SKIP=db,repositories")
  end

  # The uploads are somewhere else, and the name leads nowhere.
  def unmount
    FileUtils.mv(uploads, "#{root}/mounted")
    File.symlink("#{root}/nowhere", uploads)
  end

  def tars
    names(root).grep(/\.tar\z/).map { |name| name[/\A\d+/] }
  end

  # A backup of GitLab's own tasks.
  def stock(id, uploads)
    outer_tar(backups_of(root), { "backup_information.yml" => OuterTars::OLD_INFORMATION,
                                  "uploads.tar.gz" => stock_archive(uploads) }, id: "#{id}_2001_09_09")
  end

  it "keeps the last tar with files, and says so where CRON is quiet" do
    create("1000000001")
    create("1000000002")
    expect(tars).to eq(["1000000002"])
    unmount
    result = create("1000000003")
    expect([result.status.exitstatus, result.output, tars]).to eq([0, "", %w[1000000002 1000000003]])
    expect(messages(result.errors))
      .to include(%r{\AUploads: .*/public/uploads does not exist, an empty archive takes its place; mount or make})
      .and(include(/\A1000000002_2001_09_09_gitlab_backup\.tar is kept, .* no file of uploads .* delete 1000000002_/))
    create("1000000004")
    expect(tars).to eq(%w[1000000002 1000000004])
    File.unlink(uploads)
    FileUtils.mv("#{root}/mounted", uploads)
    expect([messages(create("1000000005").errors).grep(/is kept/), tars]).to eq([[], ["1000000005"]])
  end

  it "keeps the last folder with files as well" do
    components = { "uploads" => "complete" }
    [300, 200, 100].each { |age| old_backup(root, "old#{age}", seconds_ago: age, components: components) }
    unmount
    result = back_up(root, "--backup-id", "new")
    expect([result.status.exitstatus, names(root)]).to eq([0, %w[new old100]])
    expect(result.errors.scan(/ old100 is kept, .* no file of uploads \(.* delete old100$/).size).to eq(1)
  end

  it "looks into archives of other tools" do
    stock("1000000001", "a" => "1")
    stock("1000000002", {})
    FileUtils.rm("#{uploads}/a.txt")
    create("1000000003")
    expect(tars).to eq(%w[1000000001 1000000003])
  end

  it "lets go archives of other tools that hold nothing either" do
    stock("1000000001", {})
    FileUtils.rm("#{uploads}/a.txt")
    create("1000000003")
    expect(tars).to eq(["1000000003"])
  end
end
