# frozen_string_literal: true

require "etc"
require "fileutils"
require "json"
require "open3"
require "time"
require_relative "rails_folder"

# An instance of files only, and the command that backs it up: what runs of
# `--only uploads,builds` need, and no database.
module TinyInstance
  include RailsFolder

  LAUNCHER = File.expand_path("../../bin/gitlab-backup-cli", __dir__)
  # So that no file that exists by chance is taken for a configuration.
  ENVIRONMENT = { "GITLAB_PATH" => nil, "RAILS_ENV" => nil, "GITLAB_BACKUP_CONTEXT_FILE" => nil, "GBN_DEBUG" => nil,
                  "GITLAB_BACKUP_CLI_CONFIG_FILE" => nil, "LC_ALL" => "C.UTF-8" }.freeze
  ONLY_FILES = %w[--only uploads,builds].freeze

  Result = Struct.new(:output, :errors, :status)

  # Makes the Rails folder with these uploads ({relative path => content}) and a Rails
  # tmp/. Returns its path.
  def tiny_instance(uploads: { "a.txt" => "content" }, at: "#{temp_dir}/gitlab", **backup)
    user = Etc.getpwuid.name
    config = { "gitlab" => { "user" => user },
               "backup" => { "path" => "#{at}-backups", **backup.transform_keys(&:to_s) } }
    rails_folder(config: config, at: at)
    FileUtils.mkdir_p([config.dig("backup", "path"), "#{at}/tmp", "#{at}/public/uploads", "#{at}/builds"])
    uploads.each { |path, content| write("#{at}/public/uploads/#{path}", content) }
    at
  end

  # The backup path of the instance at `root`.
  def backups_of(root)
    "#{root}-backups"
  end

  # Names in the backup path, sorted.
  def names(root)
    Dir.exist?(backups_of(root)) ? Dir.children(backups_of(root)).sort : []
  end

  # Runs the command to its end. Returns a Result.
  def cli(*arguments, environment: {}, **options)
    Result.new(*Open3.capture3(ENVIRONMENT.merge(environment), LAUNCHER, *arguments, **options))
  end

  # `backup all` of the files of the instance at `root`.
  def back_up(root, *arguments, **options)
    cli("backup", "all", "--gitlab-path", root, *ONLY_FILES, *arguments, **options)
  end

  # Starts the same and returns [pid, IO of both its outputs].
  def start_backup(root, *arguments)
    output, writer = IO.pipe
    pid = spawn(ENVIRONMENT, LAUNCHER, "backup", "all", "--gitlab-path", root, *ONLY_FILES, *arguments,
                out: writer, err: writer, pgroup: true)
    writer.close
    [pid, output]
  end

  # A folder as a backup of the past looks like. Returns its path.
  def old_backup(root, id, seconds_ago: 0, components: nil)
    path = "#{backups_of(root)}/#{id}"
    created_at = (Time.now - seconds_ago).utc.iso8601
    write("#{path}/backup_information.json",
          JSON.generate(metadata_version: 2, backup_id: id, created_at: created_at, gitlab_version: "18.6.2-ee"))
    return path unless components

    rows = components.map do |name, status|
      { id: name, title: name, status: status, files: 1, raw: 2, stored: 1, seconds: 0.5, problem_count: 0 }
    end
    write("#{path}/manifest/summary.json", JSON.generate(format: 1, backup_id: id, components: rows))
    path
  end

  # Runs the system's sha256sum in the backup. Returns [output, status].
  def sha256sum(backup)
    Open3.capture2e("sha256sum", "--check", "--strict", "--warn", "--quiet", "manifest/SHA256SUMS", chdir: backup)
  end
end
