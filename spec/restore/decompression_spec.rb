# frozen_string_literal: true

require "open3"

# DECOMPRESS_CMD: products made by other tools alone.
RSpec.describe Gitlab::Backup::Native::Decompression do
  include DatabaseInstance
  include DatabaseRestores
  include Restores
  include TinyInstance

  let(:native) { Gitlab::Backup::Native }
  let(:cluster) { PostgresCluster.shared }
  let(:error) { native::Error }

  def shell(*command, input: "")
    output, status = Open3.capture2(*command, stdin_data: input, binmode: true)
    expect(status).to be_success
    output
  end

  describe "of a dump" do
    let(:backup) { foreign_backup({}) }
    let(:rows) { "CREATE TABLE t AS SELECT generate_series(1, 9999) AS id" }
    let(:instance) { database_instance("gbn_decompress", sql: rows) }

    # Restores from what the compressor has made of the database's dump, after a change. Returns dumps before and after.
    def round(compressor, decompressor, force: false)
      here = instance
      before = dump_of("gbn_decompress")
      File.binwrite("#{backup}/db/database.sql.gz", shell("sh", "-c", compressor, input: before_restore(before)))
      cluster.query("DELETE FROM t WHERE id < 5000", database: "gbn_decompress")
      restore = databases_restore(here, backup, decompress_cmd: decompressor)
      restore.check unless force
      @outcome = restore.call
      [before, dump_of("gbn_decompress")]
    end

    # With the key it had.
    def before_restore(dump)
      dump.gsub(/^(\\(?:un)?restrict) key$/, "\\1 key0")
    end

    it "is what the command makes of it" do
      before, after = round("xz -0", "xz -dc")
      expect([after, @outcome.problems]).to eq([before, []])
      expect(@job.monitor.lines).to include("Using custom DECOMPRESS_CMD 'xz -dc'")
    end

    it "is found where it lies in a tar" do
      here = instance
      before = dump_of("gbn_decompress")
      File.binwrite("#{backup}/db/database.sql.gz", shell("xz", "-0", input: before_restore(before)))
      text = native::DatabaseText.new(outer(backup), manifest: nil, workers: 1,
                                                     command: native::ShellCommand.given("D", "xz -dc", here))
      expect(text.check.bytes).to eq(before_restore(before).bytesize)
    end

    def outer(backup)
      shell("tar", "-C", backup, "-cf", "#{temp_dir}/outer.tar", "db")
      native::Members.each("#{temp_dir}/outer.tar") do |member|
        return native::Place.new("#{temp_dir}/outer.tar", member.offset, member.size, "d") if member.type == "file"
      end
    end

    it "is not restored from when the command cannot read it" do
      expect { round("cat", "xz -dc") }
        .to raise_error(error, /DECOMPRESS_CMD 'xz -dc' failed with exit status 1: xz: .*format not recognized/)
      expect(cluster.query("SELECT count(*) FROM t", database: "gbn_decompress")).to eq("5000")
    end

    it "is not restored from when the command stops half way" do
      expect { round("cat", "head -c 3000; exit 9") }.to raise_error(error, /failed with exit status 9/)
      expect { round("cat", "head -c 3000") }.to raise_error(error)
      expect(cluster.query("SELECT count(*) FROM t", database: "gbn_decompress")).to eq("5000")
    end
  end

  describe "of an archive" do
    let(:root) { tiny_instance }
    let(:base) { backups_of(root) }
    let(:uploads) { "#{root}/public/uploads" }
    let(:archive) { "#{base}/id/uploads.tar.gz" }
    let(:monitor) { RecordingMonitor.new }
    let(:journal) { native::Journal.start(base, "id") }

    before do
      back_up(root, "--backup-id", "id")
      tar = shell("tar", "-C", uploads, "-cf", "-", ".")
      File.binwrite(archive, shell("xz", "-0", input: tar))
      write("#{uploads}/later", "later")
    end

    def files(command)
      instance = native::Instance.find(gitlab_path: root, environment: {})
      component = native::Component.all(instance).find { |candidate| candidate.id == "uploads" }
      job = native::RestoreJob.new(instance: instance, source: native::BackupSource.find(base, "id"), workers: 2,
                                   monitor: monitor, options: native::RestoreOptions.new(decompress_cmd: command),
                                   journal: journal, before: journal.directory)
      native::FilesRestore.new(component, job)
    end

    it "is what the command makes of it, and the old content can be given back" do
      old = tree(uploads)
      restore = files("xz -dc").tap(&:check)
      expect(restore.call).to have_attributes(files: 1, problems: [])
      expect([contents(uploads), monitor.lines])
        .to eq([{ "a.txt" => "content" }, ["Using custom DECOMPRESS_CMD 'xz -dc'"]])
      expect(Dir.children(journal.directory)).to eq(["journal.json"])
      restore.give_back
      expect(tree(uploads)).to eq(old)
    end

    it "leaves all as it is when the command fails" do
      old = tree(uploads)
      ["gzip -dc", "xz -dc; exit 4", "no-such-tool"].each do |command|
        restore = files(command).tap(&:check)
        expect { restore.call }.to raise_error(error, /\ADECOMPRESS_CMD '#{command}' failed with exit status \d+/)
        expect([tree(uploads), Dir.children(journal.directory)]).to eq([old, []])
      end
    end

    it "gives the old content back when what comes out is no archive" do
      old = tree(uploads)
      expect { files("xz -dc | head -c 700").tap(&:check).call }.to raise_error(native::FormatError)
      expect(tree(uploads)).to eq(old)
    end

    it "asks for the room it must take at least where nothing tells how much it is" do
      restore = files("xz -dc").tap(&:check)
      expect(restore.replaces).to eq(["Uploads: #{uploads}, by what its command gives"])
      expect([restore.needs, restore.passing_bytes]).to eq([{ uploads => File.size(archive) }, File.size(archive)])
    end
  end
end
