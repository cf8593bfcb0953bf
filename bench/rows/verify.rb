# frozen_string_literal: true

require "digest"

module Bench
  # An archive of ours read to its end: every block's CRC, every file's SHA-256, the tar's structure and the archive's
  # own SHA-256. The peer learns whether gzip's CRC is right, and one hash of all that is inside.
  class Verify
    NAME = "verify"

    # Answers with the hash of what it has read.
    class Hashing < Peer
      private

      def report(product)
        { "sha256" => File.read(product)[/\A\h{64}/] }
      end
    end

    def results(session)
      tree = session.workshop.tree
      session.workshop.in_memory do |memory|
        system(*Ours::RUBY, "archive", tree, memory.folder, out: File::NULL, exception: true)
        race(session.with(workshop: memory))
      end
    end

    private

    def race(session)
      archive = "#{session.workshop.folder}/product"
      ours = Hashing.new([*Ours::RUBY, "verify", archive, "#{session.workshop.folder}/manifest"], name: "ours")
      peer = Hashing.new(["gzip", "-cd", archive], %w[sha256sum], name: "gzip -cd | sha256sum")
      sum = Digest::SHA256.file(archive).hexdigest
      Race.new(session, NAME, ours: ours, peers: [peer]).results do |best, *|
        { flaw: best.report["sha256"] == sum ? nil : "another hash",
          note: format("%.0f MB/s of the archive", File.size(archive) / best.seconds / 1e6) }
      end
    end
  end
end
