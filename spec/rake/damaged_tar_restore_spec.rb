# frozen_string_literal: true

# What is whole in an outer tar that is damaged between its products, or cut off.
RSpec.describe Gitlab::Backup::Native::TaskRestoreRun do
  include OuterTars
  include Restores
  include TaskRestores
  include TaskRuns
  include TinyInstance

  let(:root) { tiny_instance(uploads: { "a.txt" => "uploaded" }) }
  let(:tar) { "#{backups_of(root)}/ours_gitlab_backup.tar" }

  before do
    write("#{root}/builds/1.log", Random.new(1).bytes(50_000))
    created = rake(root, "gitlab:backup:create", "SKIP=db,repositories", "BACKUP=ours")
    expect(created.status.exitstatus).to eq(0), created.output + created.errors
    write("#{root}/builds/1.log", "later")
    write("#{root}/public/uploads/a.txt", "later")
  end

  def offset_of(name)
    run_tool("tar", "-tRf", tar)[/^block (\d+): #{Regexp.escape(name)}$/, 1].to_i * 512
  end

  def damage(name)
    offset_of(name).tap { |offset| File.binwrite(tar, "!", offset + 3) }
  end

  def content = [File.size("#{root}/builds/1.log"), File.read("#{root}/public/uploads/a.txt")]

  def run(*words)
    result = cli(*words, "--gitlab-path", root)
    [result.status.exitstatus, result.output, result.errors]
  end

  it "restores them when only they are asked for" do
    damage("uploads.tar.gz")
    result = restore_task(root, "BACKUP=ours")
    expect([result.status.exitstatus, result.output + result.errors, content])
      .to match([1, /ours_gitlab_backup\.tar is damaged .* uploads: uploads\.tar\.gz is lost; SKIP=uploads restores/,
                 [5, "later"]])
    result = restore_task(root, "BACKUP=ours", "SKIP=uploads")
    expect([result.status.exitstatus, content]).to eq([0, [50_000, "later"]]), result.output + result.errors
  end

  it "restores them by gitlab-backup-cli as well" do
    damage("uploads.tar.gz")
    expect(run("restore", "all", "ours", "--yes"))
      .to match([1, anything, /uploads: uploads\.tar\.gz is lost; --skip uploads restores the rest/])
    status, output, errors = run("restore", "all", "ours", "--yes", "--skip", "uploads")
    expect([status, content]).to eq([0, [50_000, "later"]]), output + errors
  end

  it "restores what lies before a cut" do
    File.truncate(tar, offset_of("builds.tar.gz") + 20_000)
    result = restore_task(root, "BACKUP=ours", "SKIP=db,repositories")
    expect([result.status.exitstatus, result.output + result.errors, content])
      .to match([1, /builds\.tar\.gz: the tar ends in it.*SKIP=builds\S* restores/, [5, "later"]])
    skip = (result.output + result.errors)[/SKIP=(\S+) restores the rest/, 1]
    result = restore_task(root, "BACKUP=ours", "SKIP=db,repositories,#{skip}")
    expect([result.status.exitstatus, content]).to eq([0, [5, "uploaded"]]), result.output + result.errors
  end

  it "lists, extracts and verifies the rest" do
    offset = damage("uploads.tar.gz")
    expect(run("ls", "ours")).to match([0, /^builds /, /is damaged in 1 place: gitlab-backup-cli verify ours names/])
    expect(run("extract", "ours", "builds", "1.log", "-C", temp_dir).first).to eq(0)
    expect(File.size("#{temp_dir}/1.log")).to eq(50_000)
    status, output, errors = run("verify", "ours")
    expect([status, output]).to match([1, /Builds: 1 file is good/])
    expect(errors).to match(/Tar: ours_gitlab_backup\.tar: upl!ads|header at byte #{offset} is damaged/)
                  .and include("uploads.tar.gz: it is not there")
  end
end
