# frozen_string_literal: true

module Bench
  # The tree out of an archive made by tar and gzip, as GitLab's own are.
  class TarExtractForeign
    NAME = "tar-extract-foreign"

    def results(session)
      tree = session.workshop.tree
      session.workshop.in_memory do |memory|
        archive = "#{memory.folder}/foreign.tar.gz"
        Pipeline.new(%w[tar -cf - .], %w[gzip -c -1]).run(output: archive, chdir: tree)
        TarExtract.race(session, memory, NAME, archive)
      end
    end
  end
end
