# frozen_string_literal: true

module Bench
  # The tree as .tar.gz; ours with the hashes of all files and the manifest.
  class TarCreate
    NAME = "tar-create"
    TAR = %w[tar -cf - .].freeze
    PEERS = GzipStream::PEERS

    # A Race of Archive against tar and each of `compressors`.
    def self.race(session, name, compressors, **options)
      tree = session.workshop.tree
      peers = compressors.map { |command| Peer.new(TAR, command, name: "tar | #{command.join(" ")}", chdir: tree) }
      Race.new(session, name, ours: Ours.new("archive", source: tree), peers: peers, **options)
    end

    # Everybody finds the page cache as the one before has left it; a first look fills it.
    def results(session)
      Pipeline.new(TAR, %w[wc -c]).run(output: File::NULL, chdir: session.workshop.tree)
      self.class.race(session, NAME, PEERS).results do |ours, run, *|
        { note: format("output %.3f of theirs", ours.bytes.fdiv(run.bytes)) }
      end
    end
  end
end
