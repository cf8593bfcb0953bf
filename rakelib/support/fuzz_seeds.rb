# frozen_string_literal: true

require "fileutils"
require "open3"
require "rbconfig"
require "zlib"
require_relative "fuzz_packs"

# Real files for the fuzzer to begin with: of system tar, gzip and git, and our own.
class FuzzSeeds
  TARS = { "gnu" => %w[--format=gnu --sparse], "ustar" => %w[--format=ustar], "pax" => %w[--format=pax --sparse],
           "v7" => %w[--format=v7] }.freeze
  GZIPS = { "1" => %w[gzip -1], "9" => %w[gzip -9], "named" => %w[pigz -c --name --comment note],
            "stored" => %w[pigz -0], "huffman" => %w[pigz --huffman] }.freeze
  OURS = <<~RUBY
    require "gitlab/backup/native"
    root, folder = ARGV
    %w[isal zlib].intersection(Gitlab::Backup::Native::Codec.names).each do |codec|
      Gitlab::Backup::Native::Archive.new(root: root, target: "\#{folder}/\#{codec}.tar.gz", codec: codec,
                                          manifest: "\#{folder}/\#{codec}.m", backup_id: "1_seed", workers: 1).run
    end
  RUBY

  # folder: gets one folder for each target, filled anew.
  def initialize(folder)
    @folder = File.expand_path(folder)
  end

  # Makes them all.
  def make
    FileUtils.rm_rf(@folder)
    %w[tree ours gunzip segment manifest tar members pack repositories].each { |name| FileUtils.mkdir_p(path(name)) }
    fill(path("tree"))
    run(RbConfig.ruby, "-Ilib", "-e", OURS, path("tree"), path("ours"))
    tars
    gzips
    segments
    FuzzPacks.new(path("repositories"), method(:run)).seeds.each { |name, data| write("pack/#{name}", data) }
    FileUtils.cp(Dir[path("ours/*.m")], path("manifest"))
  end

  # Path of a target's seeds.
  def path(name)
    File.join(@folder, name)
  end

  private

  # A name over 100 and one over 255 bytes with its folders, a link of each kind, a hole, a FIFO, an empty file.
  def fill(root)
    deep = File.join(root, *Array.new(3) { "folder" * 16 })
    FileUtils.mkdir_p(deep)
    File.write("#{deep}/#{"long" * 30}", "text " * 200)
    File.write("#{root}/empty", "")
    File.binwrite("#{root}/\xFFodd\nname".b, Random.new(1).bytes(3000))
    File.open("#{root}/sparse", "wb") { |file| 3.times { |i| file.pwrite("data", i * 65_536) } }
    File.link("#{root}/sparse", "#{root}/z-hard")
    File.symlink("l" * 150, "#{root}/link")
    File.mkfifo("#{root}/fifo")
  end

  def tars
    TARS.each do |name, options|
      archive = run("tar", "-C", path("tree"), *options, "-cf", "-", ".", tolerate: %w[v7 ustar].include?(name))
      %w[tar members].each { |target| write("#{target}/#{name}", archive) }
    end
    Dir[path("ours/*.gz")].each { |file| write("tar/#{File.basename(file, ".gz")}", run("gzip", "-dc", file)) }
  end

  def gzips
    made = GZIPS.map do |name, command|
      run(*command, stdin_data: File.binread(path("tar/pax"), 20_000)).tap { |data| write("gunzip/#{name}", data) }
    end
    write("gunzip/members", "#{made.first}#{run("gzip", stdin_data: "")}#{made.last}#{"\0" * 100}")
    write("gunzip/empty", run("gzip", stdin_data: ""))
    FileUtils.cp(Dir[path("ours/*.gz")], path("gunzip"))
  end

  # A product of one block is header, segment and end: docs/format/gzip.md. Three bytes of length go first.
  def segments
    Dir[path("ours/*.gz")].each do |file|
      data = File.binread(file)
      length = [data[-4..].unpack1("V")].pack("N")[1..]
      write("segment/#{File.basename(file)}", length + data[10...-10])
    end
  end

  def write(name, data)
    File.binwrite(path(name), data)
  end

  # tolerate: names the format cannot express are left out, which makes tar complain.
  def run(*command, tolerate: false, **options)
    output, errors, status = Open3.capture3(*command, binmode: true, **options)
    raise "#{command.first(2).join(" ")}: #{errors}" unless status.success? || tolerate

    output
  end
end
