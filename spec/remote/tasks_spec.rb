# frozen_string_literal: true

require "yaml"

# GitLab's tasks with a bucket behind them.
RSpec.describe Gitlab::Backup::Native::Remote do
  include TinyInstance
  include TaskRuns

  let(:server) { S3Server.shared }
  let(:bucket) { server.bucket("backups-#{rand(36**10).to_s(36)}") }
  let(:root) { tiny_instance }
  let(:tar) { "#{backups_of(root)}/11_gitlab_backup.tar" }

  def configure(**connection)
    path = "#{root}/config/gitlab.yml"
    config = YAML.load_file(path)
    config["production"]["backup"]["upload"] = { "connection" => server.connection(**connection),
                                                 "remote_directory" => bucket }
    File.write(path, config.to_yaml)
  end

  def task(name, *words)
    rake(root, "gitlab:backup:#{name}", "BACKUP=11", "SKIP=#{TaskRuns::NO_DATABASE}", "DIRECTORY=daily", *words)
  end

  it "uploads an archive, and restores it when it is nowhere else" do
    configure
    expect(task("create").status.exitstatus).to eq(0)
    expect(server.content(bucket, "daily/11_gitlab_backup.tar") == File.binread(tar)).to be(true)
    File.unlink(tar)
    File.write("#{root}/public/uploads/a.txt", "changed since")
    result = task("restore", "FETCH_REMOTE=yes", "force=yes")
    expect(messages(result.output)).to include("Downloading backup archive from remote storage #{bucket} ... done")
    expect([result.status.exitstatus, File.read("#{root}/public/uploads/a.txt")]).to eq([0, "content"]), result.output
  end

  it "downloads nothing unless it is told to" do
    configure
    server.store(bucket, "daily/11_gitlab_backup.tar", "an archive")
    expect(task("restore", "force=yes").status.exitstatus).to eq(1)
    expect(Dir.children(backups_of(root))).to be_empty
  end

  it "shows no secret when the upload is refused, however much is to be shown" do
    configure(aws_secret_access_key: "/not+that/one")
    result = task("create", "--trace", "CRON=1")
    expect(result.status.exitstatus).to eq(1)
    shown = [result.output, result.errors, File.read("#{root}/log/backup_json.log")].join
    expect(shown).to include("403 SignatureDoesNotMatch")
    expect(shown).not_to match(%r{/not\+that/one|#{S3Server::KEY}|Signature=})
  end
end
