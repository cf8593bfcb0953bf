# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # What an archive took over from that of an earlier backup. previous: that backup's id; generation: how many
      # archives in a row were made like that; blocks, raw, stored: what was taken; damaged_blocks: what could not be,
      # and was read from the files instead.
      Reuse = Struct.new(:previous, :generation, :blocks, :raw, :stored, :damaged_blocks, keyword_init: true) do
        # product: Product; previous: PreviousArchive or nil. Returns a Reuse, nil for an archive made in full. Tells
        # the Monitor what came of it; the new archive is whole in any case.
        def self.of(product, previous, title:, monitor:)
          return unless previous
          return tell_of_trouble(product, previous, title, monitor) if product.previous_trouble
          return if product.generation.zero?

          new(previous: previous.id, generation: product.generation, blocks: product.reused_blocks,
              raw: product.reused_raw, stored: product.reused_stored, damaged_blocks: product.damaged_blocks)
            .tap { |reuse| reuse.tell(title, product, monitor) }
        end

        def self.tell_of_trouble(product, previous, title, monitor)
          monitor.warn("#{title}: nothing of the backup #{Printable.name(previous.id)} could be reused: " \
                       "#{Printable.line(product.previous_trouble)}; this archive was made in full")
          nil
        end
        private_class_method :tell_of_trouble

        # A line of how much it was, and a warning if the earlier archive is damaged.
        def tell(title, product, monitor)
          monitor.info("#{title}: #{words(product.raw)}") if raw.positive?
          return if damaged_blocks.zero?

          monitor.warn("#{title}: the earlier backup #{name} is damaged: #{Units.count(damaged_blocks, "block")} of " \
                       "its archive had to be made anew from the files. The new backup is whole; what is wrong with " \
                       "the earlier one tells gitlab-backup-cli verify #{name}")
        end

        # all: bytes of the archive before compression. "412.0 MiB of 430.1 MiB reused from ID".
        def words(all)
          "#{Units.bytes(raw)} of #{Units.bytes(all)} reused from #{name}"
        end

        # Hash as summary.json has it.
        def figures
          { previous: name, generation: generation, reused_blocks: blocks, reused_raw: raw, reused_stored: stored,
            damaged_blocks: damaged_blocks }
        end

        private

        def name
          Printable.name(previous)
        end
      end
    end
  end
end
