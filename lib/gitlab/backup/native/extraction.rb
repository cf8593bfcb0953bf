# frozen_string_literal: true

require_relative "extension"
require_relative "product"
require_relative "section"
require_relative "unpacked"

module Gitlab
  module Backup
    module Native
      # An archive's members into a directory.
      #
      #   Extraction.new(source: "uploads.tar.gz", manifest: "manifest/uploads.msgpack", target: "/srv/uploads",
      #                  workers: 4).run { |progress| ... }
      #
      # Nothing is written outside the target, whatever the archive says. Devices are left out (Unpacked#skipped),
      # set-id bits are dropped.
      class Extraction
        SECTION = %i[offset length name].freeze
        private_constant :SECTION

        # source: String path of a .tar.gz or .tar; offset, length, name: as Section takes them. manifest: path of its
        # manifest; nil for an archive of others. target: path of an existing directory with nothing in it but
        # lost+found. owners: give files the owners the archive names (by name where the system knows it). paths: only
        # these members ("a/b") and what is below them. salvage: leave out what is damaged, and go on. space: bytes that
        # may be written at most. workers: threads that inflate and write.
        def initialize(source:, target:, workers:, manifest: nil, **options)
          @source = Section.to_core(source, **options.slice(*SECTION))
          options = options.except(*SECTION)
          @target = target
          @workers = workers
          @manifest = manifest
          @owners = options.delete(:owners) || false
          @paths = options.delete(:paths)
          @salvage = options.delete(:salvage) || false
          @space = options.delete(:space) || 0
          raise ArgumentError, "unknown options: #{options.keys.join(", ")}" unless options.empty?
          raise ArgumentError, "workers: 1 or more" unless workers.positive?
        end

        # Extracts, hands it to the disk and returns an Unpacked. Yields a Progress about five times a second (`raw` and
        # `stored` are bytes read). Raises FormatError at the first damage, Error (disk full, ...), or whatever
        # interrupts the waiting thread: then the target holds a part of it and no thread is left. With `salvage`
        # damage is no exception but among the findings, and what is in the target is whole, as far as a manifest
        # tells. Blocks until done, without holding other Ruby threads up.
        def run
          values = _run(@source, @manifest, @target, @owners, @paths, @salvage, @space, @workers) do |*figures|
            yield Progress.new(*figures) if block_given?
          end
          Unpacked.from_core(values)
        end
      end
    end
  end
end
