# frozen_string_literal: true

require "fileutils"
require "json"
require "yaml"

# Writes GitLab's configuration below the example's temp_dir.
module RailsFolder
  # Content of gitlab.yml: only what is required, everything else at GitLab's defaults.
  MINIMAL = { "gitlab" => { "user" => "git" }, "backup" => { "path" => "tmp/backups" } }.freeze
  # One database, as current GitLab writes it.
  MAIN_ONLY = { "main" => { "adapter" => "postgresql", "database" => "gitlabhq_production" } }.freeze

  # config, database: the production section as Hash, or the whole file as text, or nil
  # for no such file. Returns the Rails folder.
  def rails_folder(config: MINIMAL, database: MAIN_ONLY, version: "18.6.2-ee\n", at: "#{temp_dir}/gitlab")
    write("#{at}/config/gitlab.yml", yaml(config))
    write("#{at}/config/database.yml", yaml(database))
    write("#{at}/VERSION", version)
    at
  end

  # The instance of a Rails folder made from these, with no variables set.
  def instance_of(environment: {}, storage_paths: {}, **files)
    Gitlab::Backup::Native::Instance.find(gitlab_path: rails_folder(**files), environment: environment,
                                          storage_paths: storage_paths)
  end

  def write(path, content)
    return unless content

    FileUtils.mkdir_p(File.dirname(path))
    File.write(path, content)
    path
  end

  # Runs the block as somebody who may not read root's files, also when we are root.
  def unprivileged(&block)
    account = Gitlab::Backup::Native::Account.for("nobody")
    account ? account.as_effective(&block) : yield
  end

  private

  def yaml(content)
    content.is_a?(Hash) ? { "production" => content }.to_yaml : content
  end
end
