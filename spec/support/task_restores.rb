# frozen_string_literal: true

# Restores by `gitlab:backup:restore` of a TinyInstance from archives made by GNU tar. For those who include
# TinyInstance, TaskRuns and OuterTars.
module TaskRestores
  # A backup of uploads and builds alone.
  SKIPPED = %w[db repositories artifacts pages lfs].freeze
  ENVIRONMENT = { "GITLAB_ASSUME_YES" => "1" }.freeze

  # backup_information.yml as GitLab 16 and later write it; nil leaves a key out.
  def information(id: OuterTars::OUTER_ID, version: "18.6.2-ee", skipped: SKIPPED, **more)
    values = { db_version: "20240401000000", backup_created_at: Time.utc(2024, 4, 25, 13, 55, 14),
               gitlab_version: version, tar_version: "tar (GNU tar) 1.34", installation_type: "source",
               skipped: skipped.join(","), repositories_storages: "", repositories_paths: "",
               skip_repositories_paths: "", repositories_server_side: false, backup_id: id, full_backup_id: "" }
    YAML.dump(values.merge(more).reject { |key, value| value.nil? && key != :full_backup_id }).delete_prefix("---\n")
  end

  # Files of such a backup.
  def stock_files(**options)
    { "backup_information.yml" => information(**options),
      "uploads.tar.gz" => stock_archive("old/b.txt" => "from the backup", "c.txt" => "c" * 100_000),
      "builds.tar.gz" => stock_archive("2024_04/1.log" => "log", "2024_04/2.log" => Random.new(1).bytes(30_000)) }
  end

  # Runs the task with these KEY=VALUE words. Returns a Result.
  def restore_task(root, *words, task: "gitlab:backup:restore", environment: {}, **options)
    rake(root, task, *words, environment: ENVIRONMENT.merge(environment), **options)
  end

  def uploads(root)
    contents("#{root}/public/uploads")
  end
end
