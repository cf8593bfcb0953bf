# frozen_string_literal: true

require "digest"
require_relative "noise"
require_relative "pieces"
require_relative "text"

module Bench
  # The corpus "tree": about 1.1 GB as GitLab's uploads and artifacts lie on disk, one folder
  # for each file below @hashed/aa/bb. Two thirds of the files are text, one third random bytes.
  class Tree
    FILES = 60_000
    MEDIAN = 5_000
    SIGMA = 1.2 # of the sizes' logarithms; makes the mean twice the median
    LARGE_FILES = 12
    LARGE_BYTES = 40_000_000
    SEED = 20_260_103

    # Fills the folder `root`, which must not exist.
    def self.write(root)
      new(root).write
    end

    def initialize(root)
      @root = "#{root}/@hashed"
      @text = Text.new(SEED)
      @random = @text.random
      @noise = Noise.new(@random)
      @pieces = Pieces.new(@text) { line }
      @made = {}
    end

    def write
      Dir.mkdir(File.dirname(@root))
      Dir.mkdir(@root)
      FILES.times { |index| write_small(index, size) }
      LARGE_FILES.times { |index| write_large(FILES + index, text: index.even?) }
    end

    private

    def line
      case @random.rand(3)
      when 0 then log_line
      when 1 then json_line
      else code_line
      end
    end

    def code_line
      "  #{@text.word}_#{@text.word} = #{@text.word}.#{@text.word}(#{@text.number(100)}) # #{@text.words(5)}"
    end

    def log_line
      "#{@text.time} [#{%w[info warn debug].sample(random: @random)}] #{@text.words(7)} (#{@text.number(10_000)} ms)"
    end

    def json_line
      "{\"id\": #{@text.number(1_000_000)}, \"sha\": \"#{@text.hex(10)}\", \"path\": \"#{@text.word}.rb\", " \
        "\"message\": \"#{@text.words(6)}\", \"created_at\": \"#{@text.time}\"}"
    end

    # Box and Muller's way from two even random numbers to a normal one.
    def size
      normal = Math.sqrt(-2 * Math.log(1 - @random.rand)) * Math.cos(2 * Math::PI * @random.rand)
      (MEDIAN * Math.exp(SIGMA * normal)).round
    end

    def write_small(index, size)
      if @random.rand(3).zero?
        File.binwrite("#{folder(index)}/image.png", @random.bytes(size))
      else
        all = @pieces.joined
        File.binwrite("#{folder(index)}/job.log", all.byteslice(@random.rand(all.bytesize - size), size))
      end
    end

    def write_large(index, text:)
      File.open("#{folder(index)}/#{text ? "export.json" : "artifacts.zip"}", "wb") do |file|
        (text ? @pieces : @noise).write(file, LARGE_BYTES)
      end
    end

    # A folder of its own for each file: aa/bb/<hash>.
    def folder(index)
      hash = Digest::SHA256.hexdigest(index.to_s)
      ["#{@root}/#{hash[0, 2]}", "#{@root}/#{hash[0, 2]}/#{hash[2, 2]}"].each do |path|
        @made[path] ||= Dir.mkdir(path)
      end
      "#{@root}/#{hash[0, 2]}/#{hash[2, 2]}/#{hash}".tap { |path| Dir.mkdir(path) }
    end
  end
end
