# frozen_string_literal: true

require_relative "product"
require_relative "product_options"

module Gitlab
  module Backup
    module Native
      # A directory tree as one `.tar.gz` (or `.tar`) with its manifest.
      #
      #   Archive.new(root: "/srv/uploads", target: "uploads.tar.gz", manifest: "uploads.msgpack",
      #               backup_id: id, workers: 4).run { |progress| ... }
      #
      # Files that cannot be read, vanish or change meanwhile end up in the product's
      # notes; they do not fail the archive.
      class Archive
        # root: String path of the tree, links to it are followed; nil makes an archive without members.
        # target, manifest: String paths of the files to make; neither may exist.
        # backup_id, product: how the manifest names what it belongs to (default: target's name).
        # exclude: names at the top that are left out. members: instead of the whole tree,
        # these names at the top, in this order, and without "./" in front.
        # compress: false makes a plain tar. workers: threads that deflate.
        # codec: one of Codec.names, nil for the default. into, rsyncable: see ProductOptions.
        # previous: { manifest: its path, product: its path or Section.to_core } of an earlier archive of the same
        # tree, whose blocks are used again as far as nothing in them has changed. dedup: files of equal content, owner
        # and mode that are larger than a MiB become hard links to the first of them.
        def initialize(root:, target:, manifest:, backup_id:, workers:, **options)
          @root = root
          @exclude = options.delete(:exclude) || []
          @members = options.delete(:members)
          @dedup = options.delete(:dedup) || false
          @previous = options.delete(:previous)&.values_at(:manifest, :product)
          @options = ProductOptions.new(target: target, manifest: manifest, backup_id: backup_id, workers: workers,
                                        **options)
        end

        # Makes both files and returns a Product. Yields a Progress about five times a
        # second. Raises Error (disk full, root missing, ...), or whatever interrupts the
        # waiting thread: then neither file exists and no thread is left. Blocks until done,
        # without holding other Ruby threads up.
        def run
          values = _run(@root, @exclude, @members, @previous, @dedup, @options.to_core) do |*figures|
            yield Progress.new(*figures) if block_given?
          end
          Product.from_core(values)
        end
      end
    end
  end
end
