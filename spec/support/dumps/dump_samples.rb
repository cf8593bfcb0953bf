# frozen_string_literal: true

# SQL, for psql, of databases with what a dump may hold (DumpPairs#sample_database makes one).
module DumpSamples
  # In this order: what the first has the others use.
  THEMES = %w[../dump_samples values names tables sequences views routines constraints access].freeze

  # For a superuser in an empty database, whose cluster has the role gbn_reader and the tablespace gbn_space.
  def self.sql(*themes)
    texts = (themes.empty? ? THEMES : themes).map { |name| File.read("#{__dir__}/#{name}.sql") }
    texts.join("\n").sub("CREATE ROLE gbn_reader;\n", "")
  end
end
