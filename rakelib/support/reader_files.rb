# frozen_string_literal: true

require "fileutils"
require "open3"
require "rbconfig"

# The files of the table in docs/format/gzip.md: one archive, compressed by us and by others.
class ReaderFiles
  OURS = <<~RUBY
    require "gitlab/backup/native"
    tar, folder = ARGV
    halves = [[0, 1_500_000], [1_500_000, nil]].map { |offset, length| File.binread(tar, length, offset) }
    jobs = Gitlab::Backup::Native::Codec.names.to_h { |codec| [codec, [File.binread(tar), codec]] }
    jobs.update("first" => [halves[0], nil], "second" => [halves[1], nil])
    jobs.each do |name, (bytes, codec)|
      File.binwrite("\#{folder}/raw", bytes)
      File.open("\#{folder}/raw") do |io|
        Gitlab::Backup::Native::Stream.new(io: io, target: "\#{folder}/\#{name}.gz", manifest: "\#{folder}/\#{name}.m",
                                           backup_id: "1_table", workers: 2, codec: codec).run
      end
    end
  RUBY
  # How others compress; each reads the archive's path as its last argument.
  MAKERS = {
    "gzip -1" => %w[gzip -1 -c], "gzip -9" => %w[gzip -9 -c], "pigz" => %w[pigz -c], "igzip" => %w[igzip -c],
    "busybox gzip" => %w[busybox gzip -c],
    "Python" => ["python3", "-c",
                 "import gzip, sys\nsys.stdout.buffer.write(gzip.compress(open(sys.argv[1], 'rb').read()))"],
    "Node" => ["node", "-e", "process.stdout.write(zlib.gzipSync(fs.readFileSync(process.argv[1])))"],
    "Perl" => ["perl", "-MIO::Compress::Gzip=gzip", "-e", "gzip $ARGV[0] => '-', Name => 'n', Comment => 'c'"],
    "Ruby" => ["ruby", "-rzlib", "-e", "$stdout.binmode.write(Zlib.gzip(File.binread(ARGV[0])))"]
  }.freeze

  # Path of the archive as it is.
  attr_reader :tar

  # folder: an empty one, for all files.
  def initialize(folder)
    @folder = folder
    @tar = "#{folder}/tree.tar"
    make_tar
    run(RbConfig.ruby, "-Ilib", "-e", OURS, @tar, folder)
  end

  # {title => path}: what we write, and what one may make of it with cat.
  def ours
    members = join("members", "first.gz", "second.gz")
    codecs = %w[isal zlib].select { |codec| File.exist?("#{@folder}/#{codec}.gz") }
    codecs.to_h { |codec| ["one member (#{codec})", "#{@folder}/#{codec}.gz"] }
          .merge("two members" => members, "two members, zeros behind" => padded(members))
  end

  # {title => path}: what others write, as far as they are installed.
  def theirs
    made = MAKERS.select { |_, (program)| installed?(program) }.to_h { |name, command| [name, compress(name, command)] }
    made.merge("members of all of these" => join("all", *made.values.map { |path| File.basename(path) }))
  end

  private

  # Two files, one of 3 MB: several blocks.
  def make_tar
    tree = FileUtils.mkdir_p("#{@folder}/tree").first
    File.write("#{tree}/text", Array.new(100_000) { |i| "line #{i} of #{i * i}\n" }.join)
    File.binwrite("#{tree}/noise", Random.new(1).bytes(500_000))
    run("tar", "-C", tree, "-cf", @tar, ".")
  end

  def compress(name, command)
    "#{@folder}/#{name.tr(" ", "_")}.gz".tap { |path| File.binwrite(path, run(*command, @tar)) }
  end

  def join(name, *files)
    "#{@folder}/#{name}.gz".tap do |path|
      File.binwrite(path, files.map { |file| File.binread("#{@folder}/#{file}") }.join)
    end
  end

  def padded(file)
    "#{@folder}/padded.gz".tap { |path| File.binwrite(path, File.binread(file) + ("\0" * 10_000)) }
  end

  def installed?(program)
    system(program, "--help", %i[in out err] => File::NULL) != nil
  end

  def run(*command)
    output, errors, status = Open3.capture3(*command, binmode: true)
    raise "#{command.first(2).join(" ")}: #{errors}" unless status.success?

    output
  end
end
