# frozen_string_literal: true

module Bench
  # COPY text out of a .gz into a pipe: of our own with its manifest, and of gzip's. Everybody checks all CRCs.
  class Gunzip
    NAME = "gunzip"
    COUNT = %w[wc -c].freeze

    # What it writes is counted by the last program of its pipe.
    class Counted < Peer
      private

      def report(product)
        { "bytes" => File.read(product).to_i }
      end
    end

    def results(session)
      session.workshop.within(NAME) do |folder|
        own(session, folder) + foreign(session, "#{folder}/foreign.gz")
      end
    end

    private

    def own(session, folder)
      Pipeline.new([*Ours::RUBY, "stream", "-", folder]).run(input: session.workshop.rows, output: File::NULL)
      race(session, "own", "#{folder}/product", "#{folder}/manifest")
    end

    def foreign(session, file)
      Pipeline.new(%w[gzip -c -1]).run(input: session.workshop.rows, output: file)
      race(session, "foreign", file)
    end

    def race(session, kind, file, manifest = nil)
      ours = Counted.new([*Ours::RUBY, "inflate", file, *manifest], COUNT, name: "ours, #{kind}")
      gzip = Counted.new(["gzip", "-dc", file], COUNT, name: "gzip -dc, #{kind}", key: kind)
      size = File.size(session.workshop.rows)
      Race.new(session, NAME, ours: ours, peers: [gzip]).results do |*runs, _|
        { flaw: runs.any? { |run| run.report.fetch("bytes") != size } ? "not all bytes" : nil,
          note: format("%.0f MB/s", size / runs.first.seconds / 1e6) }
      end
    end
  end
end
