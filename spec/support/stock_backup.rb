# frozen_string_literal: true

require "etc"
require "fileutils"
require "json"
require "open3"
require "time"
require "yaml"
require_relative "stock_backup/repositories"

# A backup of a DemoInstance as GitLab's own gitlab-backup-cli makes it, put together by tar,
# gzip, pg_dump and git: nothing of ours has a hand in it.
#
# What is written follows GitLab's observable behaviour: names, tar's arguments, gzip's
# level, gitaly-backup's manifest layout, the four keys of backup_information.json.
class StockBackup
  ID = "1714053314_2024_04_25_18.6.2-ee"
  CREATED_AT = "2024-04-25T13:55:14Z"
  # component => names its archive leaves out at the top
  EXCLUDED = { "builds" => [], "lfs" => [], "registry" => [], "pages" => ["@pages.tmp"] }.freeze
  EXCLUDED_ELSEWHERE = ["tmp"].freeze
  SURROUNDINGS = { "LC_ALL" => "C.UTF-8" }.freeze

  # instance: DemoInstance; cluster: its PostgresCluster; rake: whether the metadata of the
  # Rake tasks are wanted, too; account: name of the account everything shall belong to.
  # Returns the absolute path of the backup.
  def self.create(instance, cluster, id: ID, account: nil, rake: false)
    new(instance, cluster, id).tap { |backup| backup.create(rake, account) }.path
  end

  # String: absolute path of the backup's folder
  attr_reader :path

  def initialize(instance, cluster, id)
    @instance = instance
    @cluster = cluster
    @id = id
    @path = "#{instance.backup_path}/#{id}"
  end

  def create(rake, account)
    FileUtils.mkdir_p("#{path}/db")
    @instance.databases.each { |name, database| dump(name, database) }
    Repositories.new(@instance, "#{path}/repositories").create
    @instance.folders.each { |component, folder| archive(component, folder) }
    write_metadata(rake)
    system("chown", "-Rh", "#{account}:", "--", path, exception: true) if account
  end

  private

  # As GitLab's user, with the password where libpq looks for it.
  def dump(name, database)
    environment = { "PGHOST" => @cluster.directory, "PGUSER" => DemoInstance::ROLE,
                    "PGPASSWORD" => DemoInstance::PASSWORD, "PGPORT" => nil }
    command = ["#{PostgresCluster.bin_folder}/pg_dump", "--clean", "--if-exists", database]
    compress("db/#{"#{name}_" unless name == "main"}database.sql.gz", [environment, *command])
  end

  def archive(component, folder)
    excluded = EXCLUDED.fetch(component, EXCLUDED_ELSEWHERE).map { |name| "--exclude=./#{name}" }
    compress("#{component}.tar.gz", [{}, "tar", "--exclude=lost+found", *excluded,
                                     "--directory=#{File.realpath(folder)}", "--create", "--file=-", "."])
  end

  def compress(name, command)
    environment, *words = command
    statuses = Open3.pipeline([SURROUNDINGS.merge(environment), *words], %w[gzip -c -1],
                              out: ["#{path}/#{name}", "w", 0o600])
    raise "#{words.first} for #{name} failed" unless statuses.all?(&:success?)
  end

  def write_metadata(rake)
    information = { metadata_version: 2, backup_id: @id, created_at: CREATED_AT, gitlab_version: DemoInstance::VERSION }
    File.write("#{path}/backup_information.json", JSON.pretty_generate(information), perm: 0o600)
    File.write("#{path}/backup_information.yml", rake_information, perm: 0o600) if rake
  end

  # Twelve keys, with a plain timestamp as older tasks write it.
  def rake_information
    YAML.dump({ db_version: "20260101000000", backup_created_at: Time.iso8601(CREATED_AT),
                gitlab_version: DemoInstance::VERSION, tar_version: `tar --version`.lines.first.chomp,
                installation_type: "source", skipped: "", repositories_storages: "", repositories_paths: "",
                skip_repositories_paths: "", repositories_server_side: false, backup_id: @id,
                full_backup_id: nil }).delete_prefix("---\n")
  end
end
