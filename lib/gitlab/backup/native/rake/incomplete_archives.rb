# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # The incomplete archives in the backup path. No failed run deletes any, so they add up to a full disk if nobody
      # is told.
      class IncompleteArchives
        ENDING = "#{BackupId::TAR_SUFFIX}#{BackupId::INCOMPLETE_SUFFIX}".freeze

        # base: the backup path
        def initialize(base)
          @base = base
        end

        # Names of their files. Raises SystemCallError.
        def names
          Dir.children(@base, encoding: Encoding::UTF_8)
             .select { |name| name.end_with?(ENDING) && File.file?(File.join(@base, name)) }.sort
        end

        # String about all but this one, which has just been made; nil without others. Never raises.
        def others(made)
          others = names - [File.basename(made)]
          return if others.empty?

          bytes = others.sum { |name| File.size(File.join(@base, name)) }
          "#{Units.count(others.size, "earlier incomplete archive")} (#{Units.bytes(bytes)}) in #{@base}: delete " \
            "what is needed no more (*#{ENDING})"
        rescue SystemCallError
          nil
        end
      end
    end
  end
end
