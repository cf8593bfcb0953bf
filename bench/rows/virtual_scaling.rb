# frozen_string_literal: true

module Bench
  # How an archive of text would be made on a machine of very many cores: every cost per byte is measured here and
  # then slept instead of worked (bench/virtual.h), so that queues and order alone are seen. The ratio is what the
  # scarcest thing allows - the cores, the one disk, the one thread that copies - against what was needed.
  class VirtualScaling
    NAME = "scaling"
    LABEL = "scaling-virtual" # in results
    PROGRAM = File.expand_path("../../tmp/core/virtual", __dir__)
    # Per core: about a second of work.
    FILES = 320
    BYTES = 1008 * 1024 # with its header a block of its own
    COSTS = %w[read hash deflate copy write].freeze
    SERIAL = %w[walk taker writer hasher].freeze

    # cores: Integer
    def initialize(cores)
      @cores = cores
    end

    def results(session)
      figures = session.workshop.within("virtual") { |folder| measure(session, folder) }
      session.log("#{NAME}, ns a byte: #{COSTS.map { |name| format("%s %.2f", name, figures.fetch(name)) }.join(", ")}")
      [*counts.map { |count| queues(figures, count, session) }, all(figures, session), serial(figures, session)]
    end

    private

    # Nobody reads what is in these files.
    def make_tree(tree)
      Dir.mkdir(tree)
      @cores.times do |core|
        Dir.mkdir("#{tree}/#{core}")
        FILES.times { |file| File.open("#{tree}/#{core}/#{file}", "w") { |io| io.truncate(BYTES) } }
      end
    end

    def measure(session, folder)
      make_tree("#{folder}/tree")
      report = "#{folder}/report"
      Pipeline.new([PROGRAM, session.workshop.rows, "#{folder}/tree", folder, @cores.to_s, session.rounds.to_s])
              .run(output: report)
      Bench.figures(report)
    end

    # 1, 2, 4, ... and all of them.
    def counts
      (0..).lazy.map { |power| 2**power }.take_while { |count| count < @cores }.to_a << @cores
    end

    def queues(figures, count, session)
      result(figures, "queues_#{count}", "virtual cores: #{count}",
             target: (Targets.of(session.codec, NAME, "virtual") if count == @cores))
    end

    def all(figures, session)
      result(figures, "all_#{@cores}", "#{@cores}, with one disk", target: Targets.of(session.codec, NAME, "virtual"),
                                                                   note: limits(figures))
    end

    def result(figures, key, peer, **more)
      seconds, ideal = figures.values_at("#{key}_seconds", "#{key}_ideal")
      Result.new(row: LABEL, peer: peer, ours: seconds, theirs: ideal, ratio: ideal / seconds, **more)
    end

    # What there is only one of, in bytes that go in.
    def limits(figures)
      format("disk %.1f GB/s, copying %.1f GB/s, the product's SHA-256 (not counted) %.1f GB/s of the tree",
             1 / (figures.fetch("write") * figures.fetch("ratio")), 1 / figures.fetch("copy"),
             1 / (figures.fetch("hash") * figures.fetch("ratio")))
    end

    # What the walk, the thread that takes its entries and the two that write and hash do themselves; and the part of
    # it that the product counts.
    def serial(figures, session)
      computed = %w[read hash deflate].sum { |name| figures.fetch(name) } * figures.fetch("raw") / 1e9
      shares = figures.slice(*SERIAL, "handover").transform_values { |seconds| seconds / computed }
      share = shares.values_at(*SERIAL).sum
      note = shares.map { |name, part| format("%s %.2f", name, 100 * part) }.join(", ")
      Result.new(row: LABEL, peer: "serial work", ratio: share / Targets.of(session.codec, NAME, "serial"), target: 1.0,
                 at_most: true, note: format("%.2f %% of the CPU time: %s", 100 * share, note))
    end
  end
end
