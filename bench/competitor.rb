# frozen_string_literal: true

require "rbconfig"
require_relative "pipeline"

# Measures this checkout against the programs GitLab uses; bench/main.rb is the command.
module Bench
  # This checkout's command.
  LAUNCHER = File.expand_path("../bin/gitlab-backup-cli", __dir__)

  # One run of one competitor: seconds; bytes of what it wrote; what it said of itself
  # ({"seconds" => 1.5, ...}, only ours does).
  Run = Struct.new(:seconds, :bytes, :report)

  # {name => Float} of a file of "name value" lines.
  def self.figures(path)
    File.readlines(path).to_h { |line| line.split.then { |name, value| [name, value.to_f] } }
  end

  # Programs that do a row's work, the last one named in the table. They write to standard output.
  class Peer
    # How the table calls it, and how Targets does.
    attr_reader :name, :key

    # commands: Arrays of arguments; input: path of what the first one reads.
    def initialize(*commands, name: commands.last.join(" "), key: commands.last.first, input: File::NULL, chdir: "/")
      @commands = commands
      @name = name
      @key = key
      @input = input
      @chdir = chdir
    end

    # folder: an empty folder for what it writes. Returns a Run. Raises Failure.
    def run(folder)
      product = "#{folder}/product"
      seconds = Pipeline.new(*@commands).run(input: @input, output: product, chdir: @chdir)
      Run.new(seconds, File.size(product), report(product))
    end

    # The first of its programs that is not installed, or nil.
    def missing
      @commands.map(&:first).find { |program| !installed?(program) }
    end

    private

    def report(_product)
      {}
    end

    def installed?(program)
      return File.executable?(program) if program.include?("/")

      ENV.fetch("PATH", "").split(":").any? { |folder| File.executable?("#{folder}/#{program}") }
    end
  end

  # Programs that print figures of their own, as "name value" lines.
  class Gauge < Peer
    private

    def report(product)
      Bench.figures(product)
    end
  end

  # Ours: a Ruby of its own, its start included.
  class Ours
    RUBY = [RbConfig.ruby, "--disable-gems", "#{__dir__}/ours.rb"].freeze

    attr_reader :name

    # kind: what ours.rb is to do with `source`; feed: program whose output it reads instead; more: further arguments.
    def initialize(kind, source: "-", feed: nil, more: [])
      @name = "ours"
      @kind = kind
      @source = source
      @feed = feed
      @more = more
    end

    def run(folder)
      commands = [@feed, [*ruby, @kind, @source, folder, *@more]].compact
      seconds = Pipeline.new(*commands).run(output: "#{folder}/report", chdir: folder)
      Run.new(seconds, File.size("#{folder}/product"), Bench.figures("#{folder}/report"))
    end

    def missing
      nil
    end

    private

    def ruby
      RUBY
    end
  end
end
