# frozen_string_literal: true

require "etc"
require "fileutils"
require_relative "demo_instance/catalog"
require_relative "demo_instance/configuration"
require_relative "demo_instance/files"
require_relative "demo_instance/repositories"
require_relative "demo_instance/rows"

# A small GitLab-shaped instance: configuration, two databases, the folders of all file
# components, repositories. The same seed gives the same content. Needs no RSpec: bin/demo
# shows it, the end-to-end specs back it up.
#
#   directory/gitlab        Rails folder: config/, VERSION, public/uploads (a link), shared/
#   directory/data          uploads
#   directory/repositories  the storage "default"
#   directory/backups       backup.path, empty
class DemoInstance
  VERSION = "18.6.2-ee"
  ROLE = "gitlab"
  # With what YAML, libpq and shells would stumble over.
  PASSWORD = "it's a \"demo\" p%s$word"

  # String: GitLab's Rails folder, for --gitlab-path
  attr_reader :root
  # String: folder of backups
  attr_reader :backup_path
  # String: folder of the bare repositories
  attr_reader :storage_path
  # {"main" => database name, "ci" => database name}
  attr_reader :databases

  # directory: an existing folder that `account` can reach; cluster: a running
  # PostgresCluster; account: name of the account everything shall belong to (nil: ours);
  # prefix: name of the main database (those of that prefix are replaced); bytes: size of
  # the bulk among the files. Returns the DemoInstance.
  def self.create(directory, cluster:, account: nil, prefix: "gitlabhq_production", bytes: 1_000_000, seed: 1)
    new(directory, cluster, account, prefix).tap { |instance| instance.create(bytes, seed) }
  end

  # The same without content: a new machine, ready for a restore.
  def self.create_empty(directory, cluster:, prefix:, account: nil)
    new(directory, cluster, account, prefix).tap(&:create_empty)
  end

  # An account to make the owner when we are root, nil when we are not.
  def self.default_account
    "nobody" if Process.euid.zero?
  end

  def initialize(directory, cluster, account, prefix)
    @directory = File.realpath(directory)
    @cluster = cluster
    @account = account
    @root = "#{@directory}/gitlab"
    @backup_path = "#{@directory}/backups"
    @storage_path = "#{@directory}/repositories"
    @databases = { "main" => prefix, "ci" => "#{prefix}_ci" }
  end

  def create(bytes, seed)
    random = Random.new(seed)
    create_databases(random)
    Files.new(folders, random, bytes: bytes).create
    Repositories.new(storage_path, random).create
    write_configuration
    own
  end

  def create_empty
    @cluster.create_role(ROLE, password: PASSWORD)
    databases.each_value { |database| @cluster.create_database(database, owner: ROLE) }
    FileUtils.mkdir_p([*folders.values, storage_path])
    write_configuration
    own
  end

  # [Repository]: what is below storage_path
  def repositories
    Catalog.repositories
  end

  # {component id => folder}, links resolved
  def folders
    shared = { "lfs" => "lfs-objects", "external_diffs" => "external-diffs" }
    stored = %w[artifacts pages lfs terraform_state registry packages ci_secure_files agent_plan_content
                ci_catalog_bundles external_diffs].to_h { |id| [id, "#{root}/shared/#{shared.fetch(id, id)}"] }
    { "uploads" => "#{@directory}/data/uploads", "builds" => "#{root}/builds" }.merge(stored)
  end

  private

  def create_databases(random)
    @cluster.create_role(ROLE, password: PASSWORD)
    rows = { "main" => Rows.new(random).sql, "ci" => "" }
    databases.each do |name, database|
      @cluster.create_database(database, owner: ROLE)
      schema = File.read("#{__dir__}/demo_instance/#{name}.sql")
      @cluster.query("SET ROLE #{ROLE};\n#{schema}\n#{rows.fetch(name)}", database: database)
    end
  end

  # public/uploads is a link, as in the Linux package.
  def write_configuration
    FileUtils.mkdir_p("#{root}/public")
    File.symlink("../../data/uploads", "#{root}/public/uploads")
    Configuration.new(root, user: @account || Etc.getpwuid.name, backup_path: backup_path, storage_path: storage_path,
                            host: @cluster.directory, databases: databases).write
    FileUtils.mkdir_p(backup_path, mode: 0o700)
  end

  # chown and not FileUtils: it copes with any name, and with links.
  def own
    return unless @account

    entry = Etc.getpwnam(@account)
    system("chown", "-Rh", "#{entry.uid}:#{entry.gid}", "--", @directory, exception: true)
  end
end
