# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # Whether a backup still has all of what is to be restored. What is whole in a damaged one can be had, but has to
      # be asked for: a restore that leaves something out by itself would put together what does not fit.
      class WholenessCheck
        # source: BackupSource; skip: what leaves a component out, "--skip " or "SKIP=".
        def initialize(source, skip:)
          @source = source
          @skip = skip
        end

        # ids: of the components to be restored. Raises Error.
        def call(ids)
          lost = @source.lost.slice(*ids)
          return if lost.empty?

          raise Error.new("#{Printable.name(@source.path)} is damaged and no longer has all of " \
                          "#{lost.keys.join(", ")}: #{lost.values.uniq.join("; ")}; #{advice(ids, lost.keys)}; " \
                          "nothing was touched", path: @source.path)
        end

        private

        def advice(ids, lost)
          rest = (ids & @source.components) - lost
          rest.empty? ? "take another copy of it" : "#{@skip}#{lost.join(",")} restores the rest"
        end
      end
    end
  end
end
