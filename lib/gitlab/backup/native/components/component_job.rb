# frozen_string_literal: true

require "fileutils"

module Gitlab
  module Backup
    module Native
      # What a component is told about the run it is part of. directory is the
      # work directory (absolute, with `manifest/` in it), workers a count, monitor
      # where progress and lines go, options the Rake tasks' (nil for the command
      # line), container the TarContainer products go
      # into (nil: each is a file of the work directory), previous the BackupSource an
      # incremental backup adds to (nil: a full one), archives the PreviousArchives with what
      # archives may take over (nil: nothing), dedup whether they are to hold equal files once,
      # bytes_per_second the pace of its products (nil: no limit).
      ComponentJob = Struct.new(:instance, :directory, :backup_id, :workers, :monitor, :options, :container,
                                :previous, :archives, :dedup, :bytes_per_second, keyword_init: true) do
        # Absolute path of a product in the work directory.
        def product_path(relative)
          File.join(directory, relative)
        end

        # Absolute path of the manifest of that name ("uploads", "db-main").
        def manifest_path(name)
          File.join(directory, "manifest", "#{name}.msgpack")
        end

        # Makes the product of that name: yields where to, as options of Archive and Stream
        # (`target:`, in a tar `into:` as well). Returns the block's value, which in a tar has
        # to answer #sha256. When the block raises, nothing of the product is in the tar.
        def product(relative)
          place = { target: product_path(relative) }
          return yield(place) unless container

          container.product(relative) { |io| yield(place.merge(into: io)) }
        end

        # Runs the block, which makes all products of the component, and moves those into the
        # tar that are folders of the work directory. Returns the block's value. When it
        # raises, the tar is as it was before, and no manifest speaks of what was in it.
        def whole(component)
          return yield unless container

          earlier = manifests
          container.whole { yield.tap { deliver(component.products) } }.tap { earlier = nil }
        ensure
          FileUtils.rm_f(manifests - earlier) if earlier
        end

        private

        def manifests
          folder = File.join(directory, "manifest")
          Dir.children(folder, encoding: Encoding::UTF_8).map { |name| File.join(folder, name) }
        end

        def deliver(products)
          folders = products.select { |product| File.directory?(product_path(product)) }
          folders.each { |folder| container.tree(folder, product_path(folder)) }
        end
      end
    end
  end
end
