# frozen_string_literal: true

require "digest"
require_relative "file_text"
require_relative "noise"

module Bench
  # The corpus "tree": about 1.1 GB as GitLab's uploads and artifacts lie on disk, one folder
  # for each file below @hashed/aa/bb. Two thirds of the files are text, one third random bytes.
  # Rows that ask how things grow want the same in other sizes.
  class Tree
    FILES = 60_000
    MEDIAN = 5_000
    SIGMA = 1.2 # of the sizes' logarithms; makes the mean twice the median
    LARGE_FILES = 12
    LARGE_BYTES = 40_000_000
    SEED = 20_260_103

    # Fills the folder `root`, which must not exist. files: small ones, of that median size, so many in each
    # folder; large_files: of 40 MB.
    def self.write(root, **shape)
      new(root, **shape).write
    end

    # The same of about `bytes`, a fifth of them in small files.
    def self.write_bytes(root, bytes)
      write(root, files: bytes / 50_000, large_files: bytes / 50_000_000)
    end

    def initialize(root, files: FILES, large_files: LARGE_FILES, median: MEDIAN, per_folder: 1)
      @root = "#{root}/@hashed"
      @files = files
      @large_files = large_files
      @median = median
      @per_folder = per_folder
      @text = FileText.new(SEED)
      @random = @text.random
      @noise = Noise.new(@random)
      @made = {}
    end

    def write
      Dir.mkdir(File.dirname(@root))
      Dir.mkdir(@root)
      @files.times { |index| write_small(index, @text.size(@median, SIGMA)) }
      @large_files.times { |index| write_large(@files + index, text: index.even?) }
    end

    private

    def write_small(index, size)
      if @random.rand(3).zero?
        File.binwrite(path(index, "image", ".png"), @random.bytes(size))
      else
        File.binwrite(path(index, "job", ".log"), @text.cut(size))
      end
    end

    def write_large(index, text:)
      path = text ? path(index, "export", ".json") : path(index, "artifacts", ".zip")
      File.open(path, "wb") { |file| (text ? @text : @noise).write(file, LARGE_BYTES) }
    end

    # With more than one file in a folder each has its number in its name.
    def path(index, name, ending)
      number, place = index.divmod(@per_folder)
      "#{folder(number)}/#{name}#{place if @per_folder > 1}#{ending}"
    end

    # aa/bb/<hash>
    def folder(number)
      hash = Digest::SHA256.hexdigest(number.to_s)
      [hash[0, 2], "#{hash[0, 2]}/#{hash[2, 2]}"].each { |path| @made[path] ||= Dir.mkdir("#{@root}/#{path}") }
      "#{@root}/#{hash[0, 2]}/#{hash[2, 2]}/#{hash}".tap do |path|
        next if @last == path

        Dir.mkdir(path)
        @last = path
      end
    end
  end
end
