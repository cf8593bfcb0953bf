# frozen_string_literal: true

%w[gzip_stream gzip_random gunzip tar_create tar_create_cold tar_again tar_extract tar_extract_foreign verify
   extract_one db_dump db_restore repos backup_all start_up limit scaling floor memory growth].each do |name|
  require_relative "rows/#{name}"
end

module Bench
  # What can be measured, in the table's order.
  module Rows
    TABLE = [GzipStream, GzipRandom, Gunzip, TarCreate, TarCreateCold, TarAgain, TarExtract, TarExtractForeign, Verify,
             ExtractOne, DbDump, DbRestore, Repos, BackupAll, StartUp, Limit, Scaling, Floor].freeze
    # Measured only when they are named: they take tens of gigabytes and as many minutes.
    ON_DEMAND = [Memory, Growth].freeze

    # Names in results that are not the table's, and all of them.
    ON_DEMAND_NAMES = [*ON_DEMAND.map { |row| row::NAME }, VirtualScaling::LABEL].freeze
    ORDER = [*TABLE.map { |row| row::NAME }, *ON_DEMAND_NAMES].freeze

    def self.on_demand?(name)
      ON_DEMAND_NAMES.include?(name)
    end

    # names: Array of String, none for the table. Returns an Array of classes, or yields the unknown names.
    def self.choose(names)
      all = TABLE + ON_DEMAND
      unknown = names - all.map { |row| row::NAME }
      return yield(unknown) unless unknown.empty?

      names.empty? ? TABLE : all.select { |row| names.include?(row::NAME) }
    end
  end
end
