# frozen_string_literal: true

module Checks
  # Who may include whom in the C core (docs: the map of the code in README.md).
  # Formats, edges and engine know the base and their own kind; only work knows all.
  class Layers
    MODULES = {
      base: %w[error cancel bytes time],
      formats: %w[sha256 gzip gunzip tar manifest sql boundary],
      edges: %w[beneath cache regular root file outfile infile pipe child target spool sorter pgcopy pg priority],
      engine: %w[arena block handover queue pool pipeline job pace],
      work: %w[walk way survey plan revisit records twins links owner entry reader product archive stream inflate digest
               load index plain parcel findings
               unpack scan members relocate connect dump sync pack]
    }.freeze
    MAY_SEE = {
      base: %i[base],
      formats: %i[base formats],
      edges: %i[base edges],
      engine: %i[base engine],
      work: MODULES.keys
    }.freeze
    # Formats have no descriptors, clocks or threads; edges and engine have no formats.
    LIBRARIES = %r{\A(?:archive|archive_entry|zlib|msgpack|isa-l)(?:\.h|/)|\Aopenssl/}
    FORBIDDEN = {
      base: %r{#{LIBRARIES}|\A(?:pthread|fcntl|unistd|poll|time|libpq-fe)\.h|\Asys/},
      formats: %r{\A(?:pthread|fcntl|unistd|poll|time|dirent|libpq-fe)\.h|\Asys/(?:socket|wait|time|file)\.h},
      edges: LIBRARIES,
      engine: /#{LIBRARIES}|\Alibpq-fe\.h/
    }.freeze
    RUBY = %r{\Aruby(?:\.h|/)|\Arb_}
    INCLUDE = /^\s*#\s*include\s*[<"]([^>"]+)[>"]/

    def initialize(folder = "ext/gitlab_backup_native/core")
      @folder = folder
    end

    # Array of Strings, one a broken rule.
    def problems
      Dir[File.join(@folder, "*.[ch]")].flat_map { |path| problems_of(path) }
    end

    private

    def problems_of(path)
      layer = layer_of(File.basename(path))
      return [unknown(path)] unless layer

      File.read(path, encoding: "UTF-8").scan(INCLUDE).flatten.filter_map do |header|
        reason = objection(layer, header)
        "#{path}: includes #{header}: #{reason}" if reason
      end
    end

    def objection(layer, header)
      return "the core knows no Ruby" if header.match?(RUBY)
      return "not for the layer #{layer}" if FORBIDDEN[layer]&.match?(header)
      return unless header.start_with?("gbn_")

      other = layer_of(header)
      return "it is in no layer" unless other

      "#{layer} may not see #{other}" unless MAY_SEE.fetch(layer).include?(other)
    end

    # gbn_gzip_isal.c is part of the module gzip.
    def layer_of(file_name)
      MODULES.find { |_, names| names.any? { |name| file_name.match?(/\Agbn_#{name}[_.]/) } }&.first
    end

    def unknown(path)
      "#{path}: in no layer: add its module to MODULES in #{__FILE__.delete_prefix("#{Dir.pwd}/")}"
    end
  end
end
