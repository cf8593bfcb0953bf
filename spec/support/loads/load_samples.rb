# frozen_string_literal: true

require "digest"
require "open3"
require "tempfile"
require "zlib"

require_relative "../database_instance"
require_relative "../database_restores"
require_relative "../dumps/dump_pairs"

# Dumps of sample databases, what psql makes of them, and how they come to our loader.
module LoadSamples
  include DatabaseInstance
  include DatabaseRestores
  include DumpPairs

  RINGS = File.read("#{__dir__}/rings.sql")
  # A hash of an enum is another one in each database, and so are the partitions its rows go to.
  MOODS = /^COPY (?:\w+\.)?by_mood .*?^\\\.$/mn
  # Text of a dump of a database with that content.
  def sample_dump(sql = DumpSamples.sql, database: "gbn_load_sample")
    sample_database(database, sql)
    dump_of(database, "--clean", "--if-exists")
  ensure
    drop_sample_database(database)
  end

  # What psql makes of a dump: pg_dump's text of that, and the errors.
  def by_psql(text, database: "gbn_load_psql")
    sample_database(database, "SELECT 1")
    _, errors, status = Open3.capture3("#{PostgresCluster.bin_folder}/psql", "-Xq", "-h", cluster.directory,
                                       "-U", "postgres", "-d", database, stdin_data: text, binmode: true)
    raise "psql: #{errors}" unless status.success?

    [dump_of(database, "--clean", "--if-exists"), errors.scan(/ERROR:  (.*)/).flatten]
  ensure
    drop_sample_database(database)
  end

  # The same of our loader over one connection, which runs the text as it comes. sql: what the database has before.
  def by_one_connection(text, sql: "SELECT 1", database: "gbn_load_one")
    sample_database(database, sql)
    params = { host: cluster.directory, user: "postgres", dbname: database }
    result = Tempfile.create("gbn-sql", binmode: true) do |io|
      io.write(text)
      io.rewind
      Gitlab::Backup::Native::Load.open(params) { |load| load.run(io) }
    end
    [dump_of(database, "--clean", "--if-exists"), result.failures]
  ensure
    drop_sample_database(database)
  end

  # A DatabaseText of that SQL, with a manifest or without; checked.
  def database_text(sql, manifest:)
    path = "#{temp_dir}/text-#{manifest}-#{sql.hash}.sql.gz"
    manifest = "#{path}.msgpack" if manifest
    manifest ? pack(sql, path, manifest) : File.binwrite(path, Zlib.gzip(sql))
    place = Gitlab::Backup::Native::Place.new(path)
    Gitlab::Backup::Native::DatabaseText.new(place, manifest: manifest || nil, workers: 2).tap(&:check)
  end

  # A backup of ours of the instance's databases, whose manifests are taken for good. Returns its folder.
  def own_backup(instance, at: "#{temp_dir}/backups/spec")
    Gitlab::Backup::Native::Components::Databases.new(instance).backup(component_job(instance, directory: at))
    write("#{at}/backup_information.json", JSON.generate(metadata_version: 2, backup_id: File.basename(at),
                                                         gitlab_version: "18.6.2-ee"))
    write("#{at}/manifest/summary.json", JSON.generate(format: 1, backup_id: File.basename(at), components: []))
    files = Dir.glob("**/*", base: at).select { |path| File.file?("#{at}/#{path}") }
    sums = files.to_h { |path| [path, Digest::SHA256.file("#{at}/#{path}").hexdigest] }
    write("#{at}/manifest/SHA256SUMS", Gitlab::Backup::Native::Checksums.text(sums))
    at
  end

  # diff(1) tells where, which a matcher of so long texts does not.
  def expect_same(text, other)
    difference = DumpPairs::Pair.new(text, other).difference
    raise difference if difference
  end

  private

  def pack(sql, path, manifest)
    FileUtils.rm_f([path, manifest])
    Tempfile.create("gbn-sql", binmode: true) do |io|
      io.write(sql)
      io.rewind
      Gitlab::Backup::Native::Stream.new(io: io, target: path, manifest: manifest, product: "db/database.sql.gz",
                                         backup_id: "spec", workers: 2).run
    end
  end
end
