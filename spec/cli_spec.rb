# frozen_string_literal: true

require "socket"

RSpec.describe Gitlab::Backup::Native::CLI do
  include TinyInstance

  let(:root) { tiny_instance }

  def wide(*arguments)
    cli(*arguments, environment: { "THOR_COLUMNS" => "200" })
  end

  # What a usage error leaves behind: nothing on the output, these lines, exit status 1.
  def refusal(*arguments)
    result = cli(*arguments)
    expect([result.output, result.status.exitstatus]).to eq(["", 1])
    result.errors
  end

  it "lists the commands, upstream's in upstream's words" do
    [[], ["help"], ["-h"], ["--help"]].each do |words|
      result = wide(*words)
      expect([result.output, result.errors, result.status.exitstatus]).to eq([<<~TEXT, "", 0])
        GitLab Backup CLI commands:
          gitlab-backup-cli backup                        # Manage repositories, database and files backup creation
          gitlab-backup-cli delete ID                     # Delete a backup
          gitlab-backup-cli diff ID1 ID2                  # Display what was added, removed and changed between two backups
          gitlab-backup-cli export-tar ID                 # Write a backup as the single tar file that GitLab's Rake tasks restore
          gitlab-backup-cli extract ID COMPONENT PATH...  # Extract files and folders of a component, or a database's SQL
          gitlab-backup-cli help [COMMAND]                # Describe available commands or one specific command
          gitlab-backup-cli list                          # Display the backups there are
          gitlab-backup-cli ls ID [COMPONENT] [PATH]      # Display what a component of a backup holds
          gitlab-backup-cli prune                         # Delete old backups, never the newest good one
          gitlab-backup-cli restore                       # Restore previously captured backup data
          gitlab-backup-cli show ID                       # Display what is in a backup
          gitlab-backup-cli verify ID                     # Look for damage in a backup, without restoring it
          gitlab-backup-cli version                       # Display the version information

      TEXT
    end
  end

  it "lists the backup commands with the options of `all`, upstream's in upstream's words" do
    [["backup"], %w[backup help], %w[help backup]].each do |words|
      commands, ours, upstreams = wide(*words).output.partition(/^Options:\n.*^  \[--progress\][^\n]*\n/m)
      expect(ours.scan(/^  \[(--[\w-]+)/).flatten)
        .to eq(%w[--gitlab-path --json --backup-id --jobs --skip --only --storage-path --previous --full
                  --full-every --dedup --bwlimit --nice --ionice --progress])
      expect("#{commands}Options:\n#{upstreams}").to eq(<<~TEXT)
        Backup commands:
          gitlab-backup-cli backup all             # Creates a backup including repositories, database and local files
          gitlab-backup-cli backup help [COMMAND]  # Describe subcommands or one specific subcommand

        Options:
          [--backup-bucket=BACKUP_BUCKET]                                                    # When backing up object storage, this is the bucket to backup to
          [--wait-for-completion], [--no-wait-for-completion], [--skip-wait-for-completion]  # Wait for object storage backups to complete
                                                                                             # Default: true
          [--registry-bucket=REGISTRY_BUCKET]                                                # When backing up registry from object storage, this is the source bucket
          [--service-account-file=SERVICE_ACCOUNT_FILE]                                      # JSON file containing the Google service account credentials
                                                                                             # Default: /etc/gitlab/backup-account-credentials.json

      TEXT
    end
  end

  it "describes one command in Thor's form" do
    [%w[help backup all], %w[backup help all], %w[backup all --help], %w[backup all -h]].each do |words|
      expect(wide(*words).output)
        .to match(/\AUsage:\n  gitlab-backup-cli backup all\n\nOptions:\n.*--only=LIST.*\n\nCreates a backup/m)
    end
  end

  it "describes each of its own commands likewise" do
    words = Gitlab::Backup::Native::Main::COMMANDS - %w[help]
    found = words.product(%w[-h --help]).to_h { |command, word| [[command, word], wide(command, word).output] }
    expect(found).to eq(found.to_h { |(command, word), _| [[command, word], wide("help", command).output] })
    expect(found.values).to all(start_with("Usage:\n  gitlab-backup-cli "))
    expect(wide("ls", "id", "uploads", "--help").output).to eq(wide("help", "ls").output)
  end

  it "cuts no summary where there is no terminal" do
    expect(cli("help").output).to eq(wide("help").output)
  end

  it "refuses what it does not know in upstream's words" do
    expect(refusal("vresion")).to eq("Could not find command \"vresion\".\nDid you mean?  \"version\"\n")
    expect(refusal("tree")).to eq("Could not find command \"tree\".\n")
    expect(refusal("show")).to eq(<<~TEXT)
      ERROR: "gitlab-backup-cli show" was called with no arguments
      Usage: "gitlab-backup-cli show ID"
    TEXT
  end

  it "calls an unknown option one, and does not take an option for a command" do
    unknown = "unknown option --bogus: --help behind the command shows those there are\n"
    [%w[list --bogus], %w[verify a --bogus], %w[backup all --bogus]].each do |words|
      expect(refusal(*words)).to eq(unknown)
    end
    [%w[backup --bogus], %w[--bogus]].each do |words|
      expect(refusal(*words)).to eq("--bogus is no command: gitlab-backup-cli help shows those there are\n")
    end
    expect(refusal("list", "a")).to include("was called with arguments [\"a\"]")
  end

  it "understands unambiguous beginnings of commands, and underscores" do
    result = cli("back", "a", "--gitlab_path", root, *TinyInstance::ONLY_FILES)
    expect(result.status.exitstatus).to eq(0)
  end

  {
    %w[--skip
       foo,db,bar] => /--skip: unknown components "foo", "bar"; the components are db,repositories,.*external_diffs/,
    %w[--only ,] => /--only: the list is empty/,
    %w[--only db --only] => /--only needs a value/,
    %w[--only db --only uploads --skip db --skip uploads] => /leave no component/,
    %w[--only db --skip db] => /leave no component/,
    %w[--jobs 0] => /--jobs takes a whole number from 1 to 1024, not "0"/,
    %w[--jobs many] => /not "many"/,
    %w[--backup-bucket] => /--backup-bucket needs a value/,
    %w[--backup-id=] => /--backup-id needs a value/,
    %w[--backup-id ../x] => %r{the backup id "\.\./x" cannot be used},
    %w[--backup-id latest] => /the backup id "latest" cannot be used: that word names the newest backup/,
    %w[--storage-path default] => /--storage-path takes NAME=DIR, not "default"/,
    %w[--bwlimit fast] => /--bwlimit takes a rate such as 500K, .*, not "fast"/,
    %w[--nice 20] => /--nice takes a niceness from -20 to 19, not "20"/,
    %w[--ionice lazy] => /--ionice takes idle, best-effort or realtime .*, not "lazy"/,
    %w[--gitlab-path /nonexistent] => %r{/nonexistent}
  }.each do |arguments, message|
    it "refuses #{arguments.join(" ")} in one line" do
      expect(refusal("backup", "all", *arguments).lines).to match([/GitLab Backup failed: .*#{message}/])
    end
  end

  it "refuses an id that is no UTF-8 as any other that cannot be printed" do
    [["--backup-id", "x\xFF"], ["--backup-id=x\xFF"]].each do |words|
      expect(refusal("backup", "all", *words)).to match(/the backup id .* cannot be used: it must be printable text$/)
    end
  end

  it "takes upstream's options and says which of them have no effect" do
    result = back_up(root, "--backup-bucket", "b", "--no-wait-for-completion", "--service-account-file=/x",
                     "--registry-bucket=r")
    expect(result.output.scan(/(--\S+) has no effect/).flatten)
      .to eq(%w[--backup-bucket --registry-bucket --no-wait-for-completion --service-account-file])
    expect(back_up(root, "--wait-for-completion").output).not_to include("no effect")
  end

  it "lists, shows, exports and deletes what it has made" do
    back_up(root, "--backup-id", "nightly")
    heads, row = cli("list", "--gitlab-path", root).output.lines
    expect(heads).to match(/\Aid +created +version +size +status\n\z/)
    expect(row).to match(/\Anightly  \d{4}-.* UTC  18\.6\.2-ee +\S+ KiB  partial \(uploads, builds\)\n\z/)
    expect(cli("show", "nightly", "--gitlab-path",
               root).output).to match(/^Status: +partial \(uploads, builds\)$.*^Left out: .*^Uploads +1 /m)
    expect(cli("export-tar", "latest", "--gitlab-path", root).output).to match(%r{Wrote .*/nightly_gitlab_backup\.tar})
    expect(cli("delete", "nightly", "--gitlab-path", root).output).to match(%r{Deleted .*/nightly$})
    expect(names(root)).to eq(["nightly_gitlab_backup.tar"])
    expect(cli("list", "--gitlab-path", root).output)
      .to match(/^nightly_gitlab_backup\.tar  .* KiB  partial \(uploads, builds\)$/)
    File.unlink("#{backups_of(root)}/nightly_gitlab_backup.tar")
    expect(cli("list", "--gitlab-path", root).output).to eq("There are no backups in #{backups_of(root)}.\n")
  end

  it "says that it ignores a manifest of another backup, and what upstream's tool has made" do
    old_backup(root, "theirs")
    expect(cli("show", "theirs", "--gitlab-path", root).output).to match(/^Status: +foreign \(made by another tool/)
    old_backup(root, "ours", components: { "db" => "complete" })
    File.rename("#{backups_of(root)}/ours", "#{backups_of(root)}/renamed")
    expect(cli("show", "renamed", "--gitlab-path", root).output).to match(/foreign \(its manifest does not fit this id/)
  end

  it "says which product is missing or of another size" do
    back_up(root, "--backup-id", "nightly")
    File.write("#{backups_of(root)}/nightly/builds.tar.gz", "x")
    File.unlink("#{backups_of(root)}/nightly/uploads.tar.gz")
    expect(cli("list", "--gitlab-path", root).output)
      .to match(/ damaged: uploads\.tar\.gz is missing \(and 1 more\)$/)
    expect(cli("show", "nightly", "--gitlab-path", root).output)
      .to match(/^Status: +damaged: uploads\.tar\.gz is missing; builds\.tar\.gz has 1 bytes instead of \d+$/)
    expect(JSON.parse(cli("list", "--json", "--gitlab-path", root).output))
      .to include("status" => "damaged", "damages" => [/uploads/, /builds/])
  end

  it "exports what another tool has made, and warns that nothing was checked" do
    old_backup(root, "theirs")
    write("#{backups_of(root)}/theirs/backup_information.yml", ":backup_id: theirs\n")
    result = cli("export-tar", "theirs", "--gitlab-path", root)
    expect([result.errors.lines, result.status.exitstatus])
      .to match([[%r{theirs has no manifest/SHA256SUMS .*: nothing of it can be checked$}], 0])
    expect(names(root)).to eq(%w[theirs theirs_gitlab_backup.tar])
  end

  it "says that the backup path is missing, not that there are no backups" do
    FileUtils.rmdir(backups_of(root))
    [%w[list], %w[show id]].each do |words|
      expect(refusal(*words, "--gitlab-path", root))
        .to match(/failed: the backup path .* does not exist: mount it, or correct backup\.path of gitlab\.yml$/)
    end
  end

  it "tells those who read JSON in JSON what it cannot do, but helps in text" do
    { %w[frob --json] => /\Agitlab-backup-cli failed: Could not find command "frob"/,
      %w[show --json] => /\Ashow failed: .*called with no arguments; Usage: "gitlab-backup-cli show ID"\z/,
      %w[backup all --bogus --json] => /\AGitLab Backup failed: unknown option --bogus/,
      %w[backup --json] => /\AGitLab Backup failed: --json is no command/,
      %w[restore --json] => /\AGitLab Backup failed: --json is no command/,
      %w[--json] => /\Agitlab-backup-cli failed: --json is no command/,
      ["ba\xFFd", "--json"] => /\Agitlab-backup-cli failed: Could not find command "ba\\xFFd"/,
      %w[backup frob --json] => /\AGitLab Backup failed: Could not find command "frob"/,
      %w[list --gitlab-path /nonexistent --json] => /\Alist failed:/ }.each do |words, message|
      result = cli(*words)
      expect([result.output.lines.size, result.errors, result.status.exitstatus]).to eq([1, "", 1])
      expect(JSON.parse(result.output)).to match(hash_including("event" => "failed", "message" => message))
    end
    expect(cli("help", "list").output).to start_with("Usage:\n")
  end

  it "lists and shows in JSON" do
    back_up(root, "--backup-id", "nightly")
    listed = JSON.parse(cli("list", "--json", "--gitlab-path", root).output)
    expect(listed).to include("id" => "nightly", "status" => "complete", "version" => "18.6.2-ee", "problem_count" => 0)
    expect(listed["skipped"]).to eq(Gitlab::Backup::Native::Component::IDS - %w[uploads builds])
    shown = JSON.parse(cli("show", "nightly", "--json", "--gitlab-path", root).output)
    expect(shown["components"].map { |component| component["id"] }).to eq(%w[uploads builds])
  end

  it "says in show what list says, what the run warned of and what it noted" do
    FileUtils.rmdir("#{root}/builds")
    UNIXServer.open("#{root}/public/uploads/s") { back_up(root, "--backup-id", "nightly") }
    shown = cli("show", "nightly", "--gitlab-path", root).output
    expect(shown).to match(%r{^Warnings:\n  Builds: .*/builds does not exist, an empty archive takes its place; .*$})
    expect(shown).to match(/^Notes:\n  Uploads: 1 socket skipped$/)
    expect(JSON.parse(cli("show", "nightly", "--json", "--gitlab-path", root).output)["warnings"].size).to eq(1)
  end

  it "deletes nothing that is not a backup" do
    FileUtils.mkdir_p("#{backups_of(root)}/precious")
    File.symlink("../gitlab", "#{backups_of(root)}/link")
    %w[precious link ../gitlab . / backup1].each do |name|
      expect(refusal("delete", name, "--gitlab-path", root).lines.size).to eq(1)
    end
    expect([names(root), File.exist?("#{root}/config")]).to eq([%w[link precious], true])
    expect(refusal("show", "precious", "--gitlab-path", root)).to match(/it has no backup_information\.json/)
  end

  it "prunes by its options, else by keep_time" do
    { "a" => 300, "b" => 200, "c" => 100, "d" => 0 }.each do |id, age|
      old_backup(root, id, seconds_ago: age, components: { "db" => "complete" })
    end
    expect(refusal("prune", "--gitlab-path", root)).to match(/keep_time of gitlab\.yml is 0/)
    expect(cli("prune", "--keep-time", "0", "--gitlab-path", root).output).to match(/for ever: nothing is removed$/)
    cli("prune", "--keep-last", "2", "--dry-run", "--gitlab-path", root)
    expect(names(root)).to eq(%w[a b c d])
    cli("prune", "--keep-time", "250", "--gitlab-path", root)
    expect(names(root)).to eq(%w[b c d])
    cli("prune", "--keep-last", "2", "--gitlab-path", root)
    expect(names(root)).to eq(%w[c d])
    tiny_instance(keep_time: 50)
    cli("prune", "--gitlab-path", root)
    expect(names(root)).to eq(%w[d])
  end

  it "changes nothing while a backup is being made" do
    old_backup(root, "id")
    write("#{root}/tmp/backup_restore.pid", Process.pid.to_s)
    %w[delete export-tar].each do |command|
      expect(refusal(command, "id", "--gitlab-path", root)).to match(/already running \(PID #{Process.pid}/)
    end
    expect(names(root)).to eq(["id"])
  end
end
