# frozen_string_literal: true

require_relative "postgres_cluster"
require_relative "rails_folder"
require_relative "recording_monitor"

# An instance whose databases lie in a private cluster, and pg_dumps that misbehave.
module DatabaseInstance
  include RailsFolder

  # user: gitlab.user; sql: run in each new database; engine: DB_ENGINE. Returns the Instance.
  def database_instance(*databases, sql: "CREATE TABLE t AS SELECT 1 AS id", user: nil, cluster: PostgresCluster.shared,
                        engine: nil, **settings)
    databases.each do |database|
      cluster.create_database(database)
      cluster.query(sql, database: database)
    end
    entries = %w[main ci].take(databases.size).zip(databases).to_h
    entries.transform_values! { |database| entry(database, cluster).merge(settings) }
    instance_with(entries, user: user, engine: engine)
  end

  # One whose databases are dumped by pg_dump alone.
  def stock_instance(*databases, **options)
    database_instance(*databases, engine: "pg_dump", **options)
  end

  # The instance with these entries of database.yml; its tools run as user, as us by default.
  def instance_with(entries, user: nil, engine: nil)
    config = { "gitlab" => { "user" => user || Etc.getpwuid.name }, "backup" => { "path" => "b" } }
    instance_of(config: config, database: entries, environment: { "DB_ENGINE" => engine }.compact)
  end

  def entry(database, cluster = PostgresCluster.shared)
    { "database" => database, "host" => cluster.directory, "username" => PostgresCluster::SUPERUSER }
  end

  # A ComponentJob into a new directory, with a RecordingMonitor.
  def component_job(instance, directory: "#{temp_dir}/work")
    FileUtils.mkdir_p("#{directory}/manifest", mode: 0o700)
    Gitlab::Backup::Native::ComponentJob.new(instance: instance, directory: directory, backup_id: "spec", workers: 2,
                                             monitor: RecordingMonitor.new)
  end

  # Puts a pg_dump of these shell lines first in PATH while the block runs. `$REAL`
  # is the real one; --version tells the real one's version.
  def with_pg_dump(script)
    path = write("#{temp_dir}/bin/pg_dump", "#!/bin/sh\nREAL=#{real_pg_dump}\n" \
                                            "[ \"$1\" = --version ] && exec $REAL --version\n#{script}\n")
    File.chmod(0o755, temp_dir, File.dirname(path), path)
    with_path("#{temp_dir}/bin:#{ENV.fetch("PATH")}") { yield path }
  end

  def with_path(path)
    before = ENV.fetch("PATH")
    ENV["PATH"] = path
    yield
  ensure
    ENV["PATH"] = before
  end

  def real_pg_dump
    "#{PostgresCluster.bin_folder}/pg_dump"
  end

  # Waits until the block is true; fails after half a minute.
  def eventually
    600.times { yield ? (return true) : sleep(0.05) }
    raise "it never happened"
  end
end
