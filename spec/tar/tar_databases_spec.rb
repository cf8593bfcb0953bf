# frozen_string_literal: true

# The databases' dumps, written into the outer tar while pg_dump prints them.
RSpec.describe Gitlab::Backup::Native::TarContainer do
  include DatabaseInstance

  let(:base) { "#{temp_dir}/backups".tap { |path| FileUtils.mkdir_p(path) } }
  let(:instance) do
    database_instance("tar_main", "tar_ci", sql: "CREATE TABLE t AS SELECT generate_series(1, 1000) AS id")
  end
  let(:uploads) { TarForms.archive_part("uploads", "#{temp_dir}/uploads".tap { |path| FileUtils.mkdir_p(path) }) }

  def back_up(*parts)
    TarForms.run(base, [Gitlab::Backup::Native::Components::Databases.new(instance), *parts])
  end

  def members(tar)
    Open3.capture2("tar", "-tf", tar).first.split("\n")
  end

  # pg_dump makes up a new key each time.
  def without_key(dump)
    dump.gsub(/^(\\(un)?restrict) \w+$/, "\\1")
  end

  it "holds what pg_dump prints, for each database" do
    tar = back_up
    expect(members(tar)).to eq(%w[backup_information.yml db/ db/database.sql.gz db/ci_database.sql.gz manifest/
                                  manifest/db-ci.msgpack manifest/db-main.msgpack manifest/SHA256SUMS
                                  manifest/summary.json])
    { "database.sql.gz" => "tar_main", "ci_database.sql.gz" => "tar_ci" }.each do |name, database|
      dump, = Open3.capture2("tar -xOf #{tar} db/#{name} | gzip -cd")
      by_hand, = Open3.capture2(real_pg_dump, "--clean", "--if-exists", "-h", PostgresCluster.shared.directory, "-U",
                                "postgres", database)
      expect(without_key(dump)).to eq(without_key(by_hand))
    end
  end

  it "has a manifest for each whose blocks are where it says" do
    tar = back_up
    %w[main ci].each do |name|
      product = "db/#{"ci_" if name == "ci"}database.sql.gz"
      source = Gitlab::Backup::Native::TarIndex.find(tar, product)
      manifest = "#{temp_dir}/#{name}.msgpack"
      system("tar -xOf #{tar} manifest/db-#{name}.msgpack > #{manifest}")
      block = Gitlab::Backup::Native::Manifest.new(manifest).each_block.first
      raw = Zlib::Inflate.new(-Zlib::MAX_WBITS).inflate(File.binread(tar, block.stored_size,
                                                                     source.offset + block.stored_offset))
      expect(raw).to start_with("--\n-- PostgreSQL database dump")
    end
  end

  it "has an index of where large tables' rows lie, which is found in it" do
    stub_const("Gitlab::Backup::Native::RowIndex::LEAST", 1000)
    source = Gitlab::Backup::Native::BackupSource.find(base, File.basename(back_up, "_gitlab_backup.tar"))
    expect(%w[main ci none].map { |name| source.row_index(name)&.rows&.map(&:rows) }).to eq([[1000], [1000], nil])
  ensure
    source&.close
  end

  it "leaves out all dumps when one of them fails, and says so in GitLab's words" do
    reporter = Class.new(TarForms::Silence) do
      def errors = @errors ||= []
      def component_ended(result) = errors << result.error&.message
    end.new
    tar = with_pg_dump('case "$*" in *tar_ci*) echo half; echo gone >&2; exit 3;; esac; exec $REAL "$@"') do
      TarForms.run(base, [Gitlab::Backup::Native::Components::Databases.new(instance), uploads], reporter: reporter)
    end
    expect([File.extname(tar), members(tar).grep(/db|gz/)]).to eq([".incomplete", ["uploads.tar.gz"]])
    expect(reporter.errors.first)
      .to match(/\AFailed to create compressed file '.*ci_database.sql.gz' .* status 3: gone\z/)
  end
end
