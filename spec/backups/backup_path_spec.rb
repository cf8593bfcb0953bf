# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::BackupPath do
  include TinyInstance
  include TaskRuns
  include TinyDisk

  it "is the folder that is there" do
    expect(described_class.prepare(temp_dir)).to eq(temp_dir)
  end

  it "refuses a folder that is missing, and does not make it" do
    expect { described_class.prepare("#{temp_dir}/a/b") }.to raise_error(
      Gitlab::Backup::Native::Error,
      "the backup path #{temp_dir}/a/b does not exist: mount or create it (backup.path of gitlab.yml)"
    )
    expect(Dir.children(temp_dir)).to eq([])
  end

  it "refuses a file" do
    File.write("#{temp_dir}/file", "")
    expect { described_class.prepare("#{temp_dir}/file") }
      .to raise_error(Gitlab::Backup::Native::Error, /file is not a directory: correct backup\.path of gitlab\.yml\z/)
  end

  it "refuses a file system that nothing can be written to", if: Process.euid.zero? && TinyDisk.available? do
    disk = "#{temp_dir}/disk".tap { |path| Dir.mkdir(path) }
    script = "puts Gitlab::Backup::Native::BackupPath.prepare(ARGV[0]) rescue puts $!.message"
    output, = on_tiny_disk(disk, "ro", RbConfig.ruby, "-I", File.expand_path("../../lib", __dir__), "-r",
                           "gitlab/backup/native", "-e", script, disk)
    expect(output).to eq("the backup path #{disk} is on a read-only file system: remount it, or correct " \
                         "backup.path of gitlab.yml\n")
  end

  # The task is GitLab's user by then, whoever started it.
  it "tells GitLab's user so, too", if: Process.euid.zero? && TinyDisk.available? do
    root = tiny_instance
    File.chmod(0o755, temp_dir)
    user = YAML.load_file("#{root}/config/gitlab.yml").tap { |yml| yml["production"]["gitlab"]["user"] = "nobody" }
    File.write("#{root}/config/gitlab.yml", user.to_yaml)
    rakefile(root)
    system("chown", "-R", "nobody", root, exception: true)
    output, status, = on_tiny_disk(backups_of(root), "ro", RbConfig.ruby,
                                   File.expand_path("../../exe/gitlab-backup", __dir__), "create",
                                   environment: task_environment("GITLAB_PATH" => root, "NO_PRIVILEGE_DROP" => nil))
    expect([messages(output).last, status]).to match([/backups is on a read-only file system: remount it, or/, 1])
  end

  it "refuses to lie in what is backed up, also by way of a link" do
    FileUtils.mkdir_p(%W[#{temp_dir}/uploads/backups #{temp_dir}/uploads-too])
    File.symlink("#{temp_dir}/uploads/backups", "#{temp_dir}/link")
    check = ->(name) { described_class.check_apart("#{temp_dir}/#{name}", { "Uploads" => "#{temp_dir}/uploads" }) }
    %w[uploads uploads/backups link].each do |name|
      expect { check.call(name) }
        .to raise_error(Gitlab::Backup::Native::Error, %r{path .*/#{name} lies in .*/uploads, which is .* as Uploads})
    end
    expect { check.call("uploads-too") }.not_to raise_error
  end

  it "refuses a folder we cannot write to, and says who can" do
    Dir.mkdir("#{temp_dir}/locked", 0o555)
    File.chmod(0o755, temp_dir)
    expect { unprivileged { described_class.prepare("#{temp_dir}/locked") } }
      .to raise_error(Gitlab::Backup::Native::Error, /locked is not writable for \S+: run it as root or as the user/)
  end
end
