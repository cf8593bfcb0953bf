# frozen_string_literal: true

require "set"

# GZIP_RSYNCABLE=yes by rake: what rsync would send of a dump in which one row has changed.
RSpec.describe Gitlab::Backup::Native::TaskVariables do
  include DatabaseInstance
  include TaskRuns
  include TinyInstance

  # What rsync cuts a file into.
  piece = 4096

  # The table makes this many bytes of dump. Half of each page stays empty, so that a changed row stays where it is.
  def table(rows)
    <<~SQL
      CREATE TABLE t (id int PRIMARY KEY, text text) WITH (fillfactor = 50);
      INSERT INTO t SELECT i, md5(i::text) || repeat(md5((i / 7)::text), 3) FROM generate_series(1, #{rows}) i
    SQL
  end

  def dump(instance, name)
    result = rake(instance.root, "gitlab:backup:db:create", "GZIP_RSYNCABLE=yes")
    expect(result.status.exitstatus).to eq(0), result.output + result.errors
    File.rename("#{instance.backup_path}/db/database.sql.gz", "#{temp_dir}/#{name}")
    File.binread("#{temp_dir}/#{name}")
  end

  # Bytes of `changed` that are in no piece of `first`, wherever it lies; not counted further than `most`.
  define_method(:delta) do |first, changed, most|
    known = (0...first.bytesize).step(piece).to_set { |offset| first.byteslice(offset, piece) }
    sent = position = 0
    while position < changed.bytesize && sent <= most
      found = known.include?(changed.byteslice(position, piece))
      position += found ? piece : 1
      sent += 1 unless found
    end
    sent
  end

  { "20 MB" => [160_000, 20 << 20, {}], "400 MB" => [3_100_000, 400 << 20, { deep: true }] }
    .each do |size, (rows, bytes, metadata)|
      it "changes less than two per cent of a dump of #{size} for a row near its begin", **metadata do
        instance = database_instance("rsyncable_task", sql: table(rows))
        FileUtils.mkdir_p(instance.backup_path)
        first = dump(instance, "first")
        expect(Integer(Open3.capture2("sh", "-c", "gzip -dc #{temp_dir}/first | wc -c").first)).to be > bytes
        PostgresCluster.shared.query("UPDATE t SET text = 'another, and shorter' WHERE id = 20",
                                     database: "rsyncable_task")
        second = dump(instance, "second")
        expect(second).not_to eq(first)
        limit = second.bytesize / 50
        expect(delta(first, second, limit)).to be < limit
      end
    end
end
