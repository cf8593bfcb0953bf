# frozen_string_literal: true

RSpec.describe "gitlab/backup/native/tasks" do
  include TinyInstance
  include TaskRuns

  components = %w[repo db builds uploads artifacts pages lfs terraform_state registry packages ci_secure_files
                  external_diffs agent_plan_content]

  let(:root) { tiny_instance }

  # What rake's own list says, without its column's padding.
  def listed(*options)
    rake(root, *options).output.lines.map { |line| line.strip.squeeze(" ") }
  end

  it "shows the three tasks GitLab shows, with its words" do
    expect(listed("-T")).to eq(["rake gitlab:backup:create # GitLab | Backup | Create a backup of the GitLab system",
                                "rake gitlab:backup:restore # GitLab | Backup | Restore a previously created backup",
                                "rake gitlab:backup:verify # GitLab | Backup | Verify a previously created backup"])
  end

  it "defines all others as well" do
    names = listed("-AT").map { |line| line[/\Arake (\S+)/, 1] }
    both = components.flat_map { |name| ["gitlab:backup:#{name}:create", "gitlab:backup:#{name}:restore"] }
    expect(names.sort).to eq((%w[create restore verify repo:reset_pool_repositories]
      .map { |name| "gitlab:backup:#{name}" } + both).sort)
  end

  it "knows no task of a component there is not" do
    [Gitlab::Backup::Native::ComponentCreate, Gitlab::Backup::Native::ComponentRestore].each do |task|
      context = Gitlab::Backup::Native::TaskContext.new(nil, Gitlab::Backup::Native::TaskOptions.from({}), nil)
      expect { task.new(context, "wikis") }.to raise_error(ArgumentError, "Cannot find task with name: wikis")
    end
  end

  it "asks for GitLab's environment only where that is a task" do
    without = listed("-P", "gitlab:backup:create")
    rakefile(root, before: "task('gitlab_environment') { puts 'environment' }")
    expect([without.grep(/environment/), listed("-P").grep(/environment/).size])
      .to eq([[], 1 + 4 + (2 * components.size)])
  end

  it "takes the place of tasks that were defined before" do
    rakefile(root, before: "namespace('gitlab:backup') { task('uploads:create') { puts 'the other one' } }")
    result = rake(root, "gitlab:backup:uploads:create")
    expect([result.output.include?("the other one"), result.status.exitstatus]).to eq([false, 0])
  end

  it "leaves GitLab's own way with pools to GitLab, which has the models for it" do
    rakefile(root, before: "namespace('gitlab:backup:repo') { task('reset_pool_repositories') { puts 'pools' } }")
    expect(rake(root, "gitlab:backup:repo:reset_pool_repositories").output).to eq("pools\n")
  end

  it "says what is needed for the pools where there is no gitlab-rake" do
    result = rake(root, "gitlab:backup:repo:reset_pool_repositories", environment: { "PATH" => "/usr/bin:/bin" })
    expect([messages(result.output), result.status.exitstatus])
      .to match([[/gitlab-rake gitlab:backup:repo:reset_pool_repositories/], 1])
  end

  it "passes gitlab-rake's lines about the pools on, and its status, and does not call itself for ever" do
    write("#{temp_dir}/bin/gitlab-rake", "#!/bin/sh\necho \"{\\\"disk_path\\\":\\\"$1\\\"}\"\nexit 3\n")
    File.chmod(0o755, "#{temp_dir}/bin/gitlab-rake")
    path = { "PATH" => "#{temp_dir}/bin:#{ENV.fetch("PATH")}" }
    result = rake(root, "gitlab:backup:repo:reset_pool_repositories", environment: path)
    expect([result.output, result.status.exitstatus])
      .to eq(["{\"disk_path\":\"gitlab:backup:repo:reset_pool_repositories\"}\n", 3])
    again = rake(root, "gitlab:backup:repo:reset_pool_repositories",
                 environment: path.merge("GITLAB_BACKUP_NATIVE_RAKE" => "1"))
    expect([messages(again.output).size, again.status.exitstatus]).to eq([1, 1])
  end

  it "loads nothing of Rails, and no class of ours before a task runs" do
    rakefile(root, "task('loaded') { puts $LOADED_FEATURES.grep(%r{/(active|action|rails)|native/(?!tasks|version)}) }")
    expect(rake(root, "loaded").output.lines.grep_v(%r{native/(rake|rooms|components)/|error})).to eq([])
  end

  it "ends with one line and status 1 where there is no GitLab" do
    FileUtils.rm_rf("#{root}/config")
    result = rake(root, "gitlab:backup:create")
    expect([messages(result.output), result.status.exitstatus]).to match([[/\Ano GitLab configuration found/], 1])
  end
end
