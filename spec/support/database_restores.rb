# frozen_string_literal: true

require "open3"
require "zlib"

# Backups of databases put together by PostgreSQL's and gzip's own programs, and their restore
# into an instance of database_instance (DatabaseInstance).
module DatabaseRestores
  TRAILER = "--\n-- PostgreSQL database dump complete\n--\n\n"

  # What pg_dump prints, with the key it makes up replaced.
  def dump_of(database, *options)
    cluster = PostgresCluster.shared
    text, status = Open3.capture2(real_pg_dump, *options, "-h", cluster.directory, "-U", "postgres", database,
                                  binmode: true)
    raise "pg_dump failed" unless status.success?

    text.gsub(/^(\\(un)?restrict) \w+$/, "\\1 key")
  end

  # A backup as GitLab's own tool leaves it: {file name => SQL}. Returns its folder.
  def foreign_backup(texts, at: "#{temp_dir}/backups/1_2026_11_21_18.6.2-ee")
    FileUtils.mkdir_p("#{at}/db")
    texts.each do |name, text|
      gz, = Open3.capture2("gzip", "-1", stdin_data: text, binmode: true)
      File.binwrite("#{at}/db/#{name}", gz)
    end
    information = { metadata_version: 2, backup_id: File.basename(at), gitlab_version: "18.6.2-ee" }
    write("#{at}/backup_information.json", JSON.generate(information))
    at
  end

  # A RestoreJob from the backup in that folder.
  def restore_job(instance, backup, **options)
    base = File.dirname(backup)
    source = Gitlab::Backup::Native::BackupSource.find(base, File.basename(backup))
    journal = Gitlab::Backup::Native::Journal.start(base, source.id)
    Gitlab::Backup::Native::RestoreJob.new(
      instance: instance, source: source, workers: 2, monitor: RecordingMonitor.new, journal: journal,
      before: journal.directory, options: Gitlab::Backup::Native::RestoreOptions.new(backup_id: source.id, **options)
    )
  end

  # The DatabasesRestore of that backup; @job is its job.
  def databases_restore(instance, backup, **options)
    @job = restore_job(instance, backup, **options)
    component = Gitlab::Backup::Native::Components::Databases.new(instance)
    Gitlab::Backup::Native::DatabasesRestore.new(component, @job)
  end

  # Sessions of ours in all databases.
  def our_sessions
    PostgresCluster.shared.query("SELECT count(*) FROM pg_stat_activity " \
                                 "WHERE application_name LIKE 'gitlab-backup%'").to_i
  end
end
