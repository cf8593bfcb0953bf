# frozen_string_literal: true

# The command `gitlab-backup`.
RSpec.describe Gitlab::Backup::Native::Wrapper do
  include TinyInstance
  include TaskRuns

  let(:package) { "#{temp_dir}/opt/gitlab" }
  let(:rails) { "#{package}/embedded/service/gitlab-rails" }
  let(:root) { tiny_instance.tap { |path| FileUtils.mkdir_p("#{path}/log") } }

  # Variables that make a short run.
  let(:short) { { "SKIP" => "tar,#{TaskRuns::NO_DATABASE}" } }

  def gitlab_backup(*words, at: root, environment: {}, **options)
    environment = { "GITLAB_PATH" => at, "NO_PRIVILEGE_DROP" => nil, **environment }
    TinyInstance::Result.new(*Open3.capture3(task_environment(environment), RbConfig.ruby,
                                             File.expand_path("../../exe/gitlab-backup", __dir__), *words, **options))
  end

  # An instance as the Linux package installs it. settings: those for its wrappers.
  def packaged(settings: "gitlab_user='#{Etc.getpwuid.name}'\n", variables: {})
    tiny_instance(at: rails)
    FileUtils.mkdir_p("#{rails}/log")
    write("#{package}/etc/gitlab-rails-rc", settings)
    variables.each { |name, value| write("#{package}/etc/gitlab-rails/env/#{name}", "#{value}\n") }
    rails
  end

  def told(result)
    [result.output, result.errors, result.status.exitstatus]
  end

  def backup_id(at)
    File.read("#{backups_of(at)}/backup_information.yml")[/^:backup_id: (.*)$/, 1]
  end

  it "shows its usage, also after the subcommand" do
    [%w[-h], %w[--help], %w[create -h], %w[restore --help], %w[-h nonsense]].each do |words|
      expect(told(gitlab_backup(*words))).to match([/\AUsage: gitlab-backup .*^  create  .*^  restore  /m, "", 0])
    end
  end

  it "refuses options and words it does not know" do
    expect(told(gitlab_backup("-x", "create"))).to eq(["", "Unsupported option: -x\n", 1])
    expect(told(gitlab_backup("verify"))).to eq(["", "Unknown command: verify\n", 1])
    expect(told(gitlab_backup("SKIP=db"))).to eq(["", "Unknown command: SKIP=db\n", 1])
  end

  it "ends with 2 where there is no configuration" do
    expect(told(gitlab_backup(at: "#{temp_dir}/nothing"))).to match(["", /\Ano GitLab configuration: .*\n\z/, 2])
  end

  it "ends with 2 where the package's settings for wrappers are missing" do
    packaged
    File.unlink("#{package}/etc/gitlab-rails-rc")
    expect(told(gitlab_backup(at: rails)))
      .to eq(["", "cannot read #{package}/etc/gitlab-rails-rc: No such file or directory\n", 2])
  end

  it "creates a backup when nothing else is said, wherever it is called from" do
    result = gitlab_backup(environment: short, chdir: "/")
    expect([messages(result.output).grep(/\ABackup .* is done\.\z/).size, told(result).drop(1)]).to eq([1, ["", 0]])
    expect(names(root)).to include("backup_information.yml", "uploads.tar.gz")
  end

  it "keeps an argument with blanks and quotes in one piece, and lets it win over the environment" do
    result = gitlab_backup("create", "BACKUP=a  'b' \"c\" $d", environment: { **short, "BACKUP" => "other" })
    expect([backup_id(root), result.status.exitstatus]).to eq(["a  'b' \"c\" $d", 0])
  end

  it "begins nothing when a word behind the command is neither a variable nor a task" do
    result = gitlab_backup("create", "SKIP=tar,db,", "repositories", environment: short)
    expect(told(result)).to eq(["", "repositories is neither NAME=VALUE nor a task: a value with a blank in it needs " \
                                    "quotes\n", 1])
    expect(names(root)).to eq([])
  end

  it "runs further tasks behind its own, as rake does" do
    result = gitlab_backup("create", "gitlab:backup:verify", environment: short)
    expect([messages(result.output).grep(/is good\.\z/).size, told(result).drop(1)]).to eq([1, ["", 0]])
  end

  it "takes values that are no text in any encoding" do
    result = gitlab_backup("create", "BACKUP=a\xFF", environment: short)
    expect([messages(result.output).grep(/\ABACKUP=.* cannot be used/).size, told(result).drop(1)]).to eq([1, ["", 1]])
  end

  it "ends after the task also when the terminal sends a quit" do
    FileUtils.mkdir_p("#{root}/public/uploads")
    File.mkfifo("#{root}/hold")
    program = File.expand_path("../../exe/gitlab-backup", __dir__)
    environment = task_environment("GITLAB_PATH" => root, "COMPRESS_CMD" => "cat #{root}/hold", **short)
    reader, writer = IO.pipe
    pid = spawn(environment, RbConfig.ruby, program, "create", out: writer, err: writer, pgroup: true)
    writer.close
    reader.each_line { |line| break if line.include?("Using custom COMPRESS_CMD") }
    Process.kill(:QUIT, -pid)
    expect(reader.read).to include("interrupted by SIGQUIT, nothing was kept")
    expect([Process.wait2(pid).last.exitstatus, names(root)]).to eq([131, []])
  ensure
    reader&.close
  end

  it "works in a folder that has been removed, and says when it cannot tell what a path is relative to" do
    gone = "#{temp_dir}/gone"
    command = "mkdir #{gone} && cd #{gone} && rmdir #{gone} && exec \"$@\""
    program = ["sh", "-c", command, "sh", RbConfig.ruby, File.expand_path("../../exe/gitlab-backup", __dir__), "create"]
    result = TinyInstance::Result.new(*Open3.capture3(task_environment("GITLAB_PATH" => root, **short), *program))
    expect([messages(result.output).grep(/\ABackup .* is done\.\z/).size, result.status.exitstatus]).to eq([1, 0])
    result = TinyInstance::Result.new(*Open3.capture3(task_environment("GITLAB_PATH" => "x", **short), *program))
    expect(told(result)).to match(["", /\AGITLAB_PATH is x, but the folder that is in does not exist .*\n\z/, 2])
  end

  it "gives the task's own exit status" do
    FileUtils.rm_rf(backups_of(root))
    expect(gitlab_backup("create").status.exitstatus).to eq(1)
  end

  it "lets the package's variables win over the caller's, and arguments over both" do
    packaged(variables: { "BACKUP" => "of_the_package", **short })
    gitlab_backup(at: rails, environment: { "BACKUP" => "of_the_caller" })
    ids = [backup_id(rails)]
    gitlab_backup("create", "BACKUP=of_the_argument", at: rails)
    expect([*ids, backup_id(rails)]).to eq(%w[of_the_package of_the_argument])
  end

  describe "as root", if: Process.euid.zero? do
    # Everything of the instance for "nobody".
    def hand_over(at)
      File.chmod(0o755, temp_dir)
      config = File.read("#{at}/config/gitlab.yml").sub(/user: .*/, "user: nobody")
      File.write("#{at}/config/gitlab.yml", config)
      system("chown", "-R", "nobody", at, backups_of(at), exception: true)
    end

    it "works as GitLab's user, unless it is told not to" do
      hand_over(root)
      as_user = gitlab_backup("create", environment: short)
      expect([as_user.output, as_user.status.exitstatus]).to match([/\A(?!.*You are running as user)/m, 0])
      stay = gitlab_backup("create", environment: { **short, "NO_PRIVILEGE_DROP" => "1" })
      expect(stay.output).to include("You are running as user root, we hope you know what you are doing.")
    end

    it "says which folder is closed to GitLab's user" do
      tiny_instance(at: "#{temp_dir}/closed/gitlab")
      hand_over("#{temp_dir}/closed/gitlab")
      File.chmod(0o700, "#{temp_dir}/closed")
      expect(told(gitlab_backup(at: "#{temp_dir}/closed/gitlab", environment: short)))
        .to match(["", %r{\Acannot enter #{temp_dir}/closed/gitlab as nobody: Permission denied: .*\n\z}, 2])
    end

    it "works for a user without an account, as in a container" do
      hand_over(root)
      system("chown", "-R", "12345:12345", root, backups_of(root), exception: true)
      program = [RbConfig.ruby, File.expand_path("../../exe/gitlab-backup", __dir__), "create"]
      words = %w[setpriv --reuid 12345 --regid 12345 --clear-groups --]
      environment = task_environment("GITLAB_PATH" => root, **short)
      result = TinyInstance::Result.new(*Open3.capture3(environment, *words, *program))
      expect(result.output).to include("You are running as user 12345, we hope")
      expect([names(root).include?("uploads.tar.gz"), told(result).drop(1)]).to eq([true, ["", 0]])
    end

    it "takes the task with it when it is killed, and keeps nothing" do
      File.mkfifo("#{root}/hold")
      hand_over(root)
      environment = task_environment("GITLAB_PATH" => root, "COMPRESS_CMD" => "cat #{root}/hold", **short)
      reader, writer = IO.pipe
      pid = spawn(environment, RbConfig.ruby, File.expand_path("../../exe/gitlab-backup", __dir__), "create",
                  out: writer, err: writer)
      writer.close
      reader.each_line { |line| break if line.include?("Using custom COMPRESS_CMD") }
      Process.kill(:KILL, pid)
      expect(reader.read).to include("interrupted by SIGTERM, nothing was kept")
      expect([Process.wait2(pid).last.termsig, names(root)]).to eq([9, []])
    ensure
      reader&.close
    end

    it "ends with 2 where GitLab's user is missing" do
      config = File.read("#{root}/config/gitlab.yml").sub(/user: .*/, "user: there_is_none")
      File.write("#{root}/config/gitlab.yml", config)
      expect(told(gitlab_backup)).to match(["", /\Ano account 'there_is_none' on this machine: .*\n\z/, 2])
    end

    it "gives the registry's files to GitLab's user for a restore, and back to the registry's, come what may" do
      packaged(settings: "gitlab_user='nobody'\ngitlab_group='x'\nregistry_dir=\"#{temp_dir}/registry\"\n" \
                         "registry_user=daemon\n")
      hand_over(rails)
      write("#{temp_dir}/registry/a/b", "")
      result = gitlab_backup("restore", "BACKUP=there_is_none", at: rails)
      expect([result.output.lines.first, result.status.exitstatus])
        .to eq(["Transfering ownership of #{temp_dir}/registry to nobody\n", 1])
      owners = Dir.glob("#{temp_dir}/registry/**/*").map { |path| Etc.getpwuid(File.stat(path).uid).name }
      expect(owners.uniq).to eq(%w[daemon])
      expect(gitlab_backup("create", at: rails, environment: short).output).not_to include("Transfering")
    end
  end

  describe Gitlab::Backup::Native::WrapperInstallation do
    before do
      packaged
      folder = "#{package}/etc/gitlab-backup/env"
      write("#{folder}/env-connection", "REGISTRY_DATABASE_HOST=db.example.com\nREGISTRY_DATABASE_SSLMODE=require\n")
      write("#{folder}/env-backup_user",
            "REGISTRY_DATABASE_USER=registry_backup\nREGISTRY_DATABASE_PASSWORD=a b\"c'$d\n")
      write("#{folder}/env-restore_user", "REGISTRY_DATABASE_USER=registry_restore\n")
    end

    def environment(command)
      instance = Gitlab::Backup::Native::Instance.find(gitlab_path: rails, environment: {})
      described_class.new(instance, command).environment
    end

    it "knows the registry database's user for each command, whatever is in the password" do
      expect(environment("create"))
        .to include("REGISTRY_DATABASE_HOST" => "db.example.com", "REGISTRY_DATABASE_SSLMODE" => "require",
                    "REGISTRY_DATABASE_USER" => "registry_backup", "REGISTRY_DATABASE_PASSWORD" => "a b\"c'$d")
      expect(environment("restore")["REGISTRY_DATABASE_USER"]).to eq("registry_restore")
    end
  end
end
