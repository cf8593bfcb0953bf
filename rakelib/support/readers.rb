# frozen_string_literal: true

require "open3"
require "rbconfig"
require "tmpdir"
require_relative "reader_files"

# Who reads our gzip files, and whose we read: prints the tables of docs/format/gzip.md.
class Readers
  # command: reads the file its last argument names; version: command that says it on its first line;
  # contents: prints the files of the archive rather than the archive.
  Reader = Struct.new(:name, :version, :command, :contents)

  VERSION = "require \"gitlab/backup/native/version\"\nputs Gitlab::Backup::Native::VERSION"
  READERS = [
    Reader.new("`gzip -dc`", %w[gzip --version], %w[gzip -dc]),
    Reader.new("`pigz -dc`", %w[pigz --version], %w[pigz -dc]),
    Reader.new("`igzip -dc`", %w[igzip --version], %w[igzip -dc]),
    Reader.new("`tar -xzO`", %w[tar --version], %w[tar -xzOf], true),
    Reader.new("`bsdtar -xO`", %w[bsdtar --version], %w[bsdtar -xOf], true),
    Reader.new("`busybox gzip -dc`", %w[busybox --help], %w[busybox gzip -dc]),
    Reader.new("Python `gzip.open`", %w[python3 --version],
               ["python3", "-c", "import gzip, sys\nsys.stdout.buffer.write(gzip.open(sys.argv[1]).read())"]),
    Reader.new("Node `zlib.gunzipSync`", %w[node --version],
               ["node", "-e", "process.stdout.write(zlib.gunzipSync(fs.readFileSync(process.argv[1])))"]),
    Reader.new("Perl `IO::Uncompress::Gunzip`", ["perl", "-e", "print \"perl $^V\""],
               ["perl", "-MIO::Uncompress::Gunzip=gunzip", "-e", "exit !gunzip($ARGV[0] => '-')"]),
    Reader.new("the same with `MultiStream => 1`", ["perl", "-e", "print \"perl $^V\""],
               ["perl", "-MIO::Uncompress::Gunzip=gunzip", "-e", "exit !gunzip($ARGV[0] => '-', MultiStream => 1)"]),
    Reader.new("Ruby `GzipReader#read`", %w[ruby --version],
               ["ruby", "-rzlib", "-e", "$stdout.binmode.write(Zlib::GzipReader.open(ARGV[0], &:read))"]),
    Reader.new("Ruby `GzipReader.zcat`", %w[ruby --version],
               ["ruby", "-rzlib", "-e", "$stdout.binmode.write(Zlib::GzipReader.zcat(File.open(ARGV[0], \"rb\")))"]),
    Reader.new("`Native::Inflate`", [RbConfig.ruby, "-Ilib", "-e", VERSION],
               [RbConfig.ruby, "-Ilib", "-rgitlab/backup/native", "-e",
                "Gitlab::Backup::Native::Inflate.new(source: ARGV[0], io: $stdout, workers: 1).run"])
  ].freeze
  OURSELVES = READERS.last

  # Prints both tables; a program that is not installed is left out.
  def self.print
    Dir.mktmpdir { |folder| new(ReaderFiles.new(folder)).print }
  end

  def initialize(files)
    @files = files
    @archive = File.binread(files.tar)
    @contents = Open3.capture2("tar", "-xOf", files.tar, binmode: true).first
  end

  def print
    ours = @files.ours
    row("reader", "version", *ours.keys)
    row(*["---"] * (ours.size + 2))
    READERS.each do |reader|
      version = version_of(reader) or next
      row(reader.name, version, *ours.values.map { |path| verdict(reader, path) })
    end
    puts
    print_theirs
  end

  private

  def print_theirs
    row("made by", "`Native::Inflate`")
    row("---", "---")
    theirs = @files.theirs
    times = Hash.new(1).merge(theirs.keys.last => theirs.size - 1)
    theirs.each { |name, path| row(name, verdict(OURSELVES, path, times: times[name])) }
  end

  def row(*cells)
    puts "| #{cells.join(" | ")} |"
  end

  def version_of(reader)
    output, = Open3.capture2e(*reader.version)
    output.lines.first.to_s[/\d+(\.\d+)+\w*/] || "-"
  rescue Errno::ENOENT
    nil
  end

  # times: how often the archive is in the file.
  def verdict(reader, path, times: 1)
    output, _, status = Open3.capture3(*reader.command, path, binmode: true)
    expected = (reader.contents ? @contents : @archive) * times
    return "refused" unless status.success?
    return "whole" if output == expected
    return "first member only" if expected.start_with?(output)

    output.start_with?(expected) ? "whole, and the zeros" : "wrong"
  end
end
