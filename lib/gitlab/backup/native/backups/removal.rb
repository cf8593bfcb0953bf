# frozen_string_literal: true

require "fileutils"
require "securerandom"

module Gitlab
  module Backup
    module Native
      # Removes one of our folders, or a tar, from the backup path. A folder first gets a name that says
      # so: what is half removed is neither a backup nor a work directory any more.
      class Removal
        PREFIX = ".gbn-delete-"
        ATTEMPTS = 5

        # String: a new name by which whoever finds the folder removes it, see Leftovers.
        def self.new_name
          "#{PREFIX}#{SecureRandom.alphanumeric(12).downcase}"
        end

        def initialize(base)
          @base = base
        end

        # Raises Error.
        def call(name)
          doomed = Removal.new_name
          File.rename(File.join(@base, name), File.join(@base, doomed))
          finish(doomed)
        rescue SystemCallError => e
          raise Failure.of("remove", File.join(@base, name), e)
        end

        # Removes a file, or a link: there at one moment, gone at the next. Raises Error.
        def file(name)
          path = File.join(@base, name)
          File.unlink(path)
        rescue SystemCallError => e
          raise Failure.of("remove", path, e)
        end

        # Removes a folder that has such a name already. Raises Error.
        def finish(doomed)
          path = File.join(@base, doomed)
          remove(path)
        rescue SystemCallError => e
          raise Failure.of("remove", path, e)
        end

        private

        # A child that is just being ended may still write into it.
        def remove(path, attempts = ATTEMPTS)
          shared? ? FileUtils.remove_entry(path) : FileUtils.remove_entry_secure(path)
        rescue Errno::ENOTEMPTY, Errno::ENOENT
          return unless File.exist?(path)
          raise if attempts.zero?

          remove(path, attempts - 1)
        end

        # Where everybody may rename everything there is nothing to secure, and FileUtils refuses to try.
        def shared?
          stat = File.stat(@base)
          stat.world_writable? && !stat.sticky?
        end
      end
    end
  end
end
