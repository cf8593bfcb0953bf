# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::RestoreCommands do
  include TinyInstance

  def wide(*arguments)
    cli(*arguments, environment: { "THOR_COLUMNS" => "200" }).output
  end

  it "lists the restore commands, upstream's in upstream's words" do
    [["restore"], %w[restore help], %w[help restore]].each do |words|
      commands, _, options = wide(*words).partition("Options:\n")
      expect(commands).to eq(<<~TEXT)
        Restore commands:
          gitlab-backup-cli restore all BACKUP_ID      # Restores a backup including repositories, database and local files
          gitlab-backup-cli restore help [COMMAND]     # Describe subcommands or one specific subcommand
          gitlab-backup-cli restore settle             # Deletes what restores have replaced and kept
          gitlab-backup-cli restore undo [RESTORE_ID]  # Puts back what the last restore has replaced

      TEXT
      expect(options.scan(/^  \[(--[\w-]+)/).flatten).to include("--backup-bucket", "--registry-bucket", "--only",
                                                                 "--force-version", "--keep-previous", "--yes")
    end
  end

  it "describes one command in Thor's form" do
    [%w[help restore all], %w[restore help all], %w[restore all --help]].each do |words|
      expect(wide(*words)).to match(/\AUsage:\n  gitlab-backup-cli restore all BACKUP_ID\n\nOptions:\n.*\n\nRestores/m)
    end
  end

  it "refuses what upstream refuses, in upstream's words" do
    expect(cli("restore", "all").errors).to eq(<<~TEXT)
      ERROR: "gitlab-backup-cli restore all" was called with no arguments
      Usage: "gitlab-backup-cli restore all BACKUP_ID"
    TEXT
    expect(cli("restore", "all", "id", "--bogus").errors).to match(/\Aunknown option --bogus: .*\n\z/)
    expect(cli("restore", "all", "id", "--jobs=none").errors).to match(/GitLab Backup failed: --jobs takes a whole/)
  end

  it "takes upstream's options, and says that they do nothing" do
    root = tiny_instance
    back_up(root, "--backup-id", "id")
    result = cli("restore", "all", "id", "--gitlab-path", root, "--yes", "--backup-bucket", "x",
                 "--service_account_file=/x", "--registry-bucket=y", "--no-wait-for-completion")
    expect(result.status.exitstatus).to eq(0)
    expect(result.output.scan(/--\S+ has no effect/).size).to eq(4)
  end
end
