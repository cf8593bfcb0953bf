# frozen_string_literal: true

require_relative "extension"

module Gitlab
  module Backup
    module Native
      # SHA-256 of files that other programs wrote.
      module Digests
        SIZE = 32

        # paths: Array of String; workers: how many files at a time; sync: make each durable
        # (fsync) as well; drop: let none of what is on the disk stay in the page cache.
        # Returns {path => digest in hexadecimal}. Raises Error naming the first file that
        # cannot be read or is not a regular one. Yields nothing; blocks until done, without
        # holding other Ruby threads up.
        def self.of(paths, workers:, sync: true, drop: sync)
          raise ArgumentError, "workers: 1 or more" unless workers.positive?

          digests = _run(paths, workers, sync, drop)
          paths.each_with_index.to_h { |path, i| [path, digests.byteslice(i * SIZE, SIZE).unpack1("H*")] }
        end
      end
    end
  end
end
