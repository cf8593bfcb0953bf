# frozen_string_literal: true

require_relative "file_text"

module Bench
  # What a day does to a tree: a share of the files, anywhere in it, gets other content of the same size.
  class Churn
    SEED = 20_260_104
    SHARE = 0.01

    # Changes files of the folder `root`, of Tree's, always the same ones. Returns how many.
    def self.change(root, share: SHARE)
      new(root).change(share)
    end

    def initialize(root)
      @root = root
      @text = FileText.new(SEED)
    end

    def change(share)
      paths = Dir.glob("**/*", base: @root).select { |path| File.file?("#{@root}/#{path}") }.sort
      chosen = paths.sample((paths.size * share).round, random: @text.random)
      chosen.each { |path| rewrite("#{@root}/#{path}") }.size
    end

    private

    # In place, as a log that is written anew: the inode stays.
    def rewrite(path)
      size = File.size(path)
      case File.extname(path)
      when ".log" then File.binwrite(path, @text.cut(size))
      when ".json" then File.open(path, "wb") { |file| @text.write(file, size) }
      else File.binwrite(path, @text.random.bytes(size))
      end
    end
  end
end
