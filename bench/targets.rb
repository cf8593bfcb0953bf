# frozen_string_literal: true

module Bench
  # What each row has to reach against each peer, on two cores. A peer without a target is measured
  # and not judged.
  module Targets
    COMMON = { "start-up" => { "ruby" => 4.0 }, "limit" => { "codec" => 0.8 }, "memory" => { "formula" => 1.0 },
               "growth" => { "bytes" => 1.1, "files" => 1.2 },
               "scaling" => { "worker" => 0.85, "virtual" => 0.9, "serial" => 0.005 } }.freeze
    BY_CODEC = {
      "isal" => {
        "gzip-stream" => { "gzip" => 8.0, "pigz" => 3.5, "igzip" => 1.8 },
        "gzip-random" => { "gzip" => 20.0 },
        "gunzip" => { "own" => 5.0, "foreign" => 2.2 },
        "tar-create" => { "gzip" => 8.0, "pigz" => 4.0, "igzip" => 2.0 },
        "tar-create-cold" => { "gzip" => 6.0 },
        "tar-again" => { "gzip" => 20.0 },
        "tar-extract" => { "tar" => 2.5 },
        "tar-extract-foreign" => { "tar" => 1.8 },
        "verify" => { "sha256sum" => 4.0 },
        "extract-one" => { "tar" => 25.0 },
        "db-dump" => { "gzip" => 2.3, "pigz" => 1.6, "directory" => 1.2 },
        "db-restore" => { "psql" => 1.5, "pg_restore" => 1.0 },
        "repos" => { "git" => 1.7 },
        "backup-all" => { "gitlab" => 3.5 }
      }.merge(COMMON),
      "zlib" => {
        "gzip-stream" => { "gzip" => 1.8, "pigz" => nil, "igzip" => nil },
        "gzip-random" => { "gzip" => nil },
        "gunzip" => { "own" => nil, "foreign" => nil },
        "tar-create" => { "gzip" => 1.8, "pigz" => nil, "igzip" => nil },
        "tar-create-cold" => { "gzip" => nil },
        "tar-again" => { "gzip" => nil },
        "tar-extract" => { "tar" => nil },
        "tar-extract-foreign" => { "tar" => nil },
        "verify" => { "sha256sum" => nil },
        "extract-one" => { "tar" => nil },
        "db-dump" => { "gzip" => nil, "pigz" => nil, "directory" => nil },
        "db-restore" => { "psql" => nil, "pg_restore" => nil },
        "repos" => { "git" => nil },
        "backup-all" => { "gitlab" => nil }
      }.merge(COMMON)
    }.freeze

    # Returns a number or nil. Raises KeyError for what is not in the table.
    def self.of(codec, row, peer)
      BY_CODEC.fetch(codec).fetch(row).fetch(peer)
    end
  end
end
