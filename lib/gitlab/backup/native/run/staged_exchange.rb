# frozen_string_literal: true

require "securerandom"

module Gitlab
  module Backup
    module Native
      # Parts that take the place of those of their names in the backup path. They come in a folder
      # whose name says so: once it has that, a run that is killed loses nothing, as the next one
      # goes on where it ended.
      class StagedExchange
        PREFIX = ".gbn-staged-"

        # Makes such a folder of the WorkDirectory, and exchanges its parts. Raises Error.
        def self.call(work, base)
          name = "#{PREFIX}#{SecureRandom.alphanumeric(12).downcase}"
          Signals.defer do
            work.publish(name)
            new(base, name).finish
          end
        end

        # name: of the folder in `base`, the backup path.
        def initialize(base, name)
          @base = base
          @folder = File.join(base, name)
        end

        # Exchanges what has not been yet. Raises Error.
        def finish
          doomed = File.join(@base, Removal.new_name)
          Dir.mkdir(doomed, 0o700)
          parts = Dir.children(@folder) - [WorkDirectory::OWNER_NAME]
          outdated(parts).each { |name| move(name, from: @base, to: doomed) }
          last(parts).each { |name| exchange(name, doomed) }
          Durable.sync_folder(@base)
          [@folder, doomed].each { |folder| Removal.new(@base).call(File.basename(folder)) }
        rescue SystemCallError => e
          raise Failure.of("exchange the backup in", @base, e)
        end

        private

        # A mixture of two backups never has metadata. Parts without any belong to no backup, and
        # what there is of a manifest is no longer that of what lies there.
        def outdated(parts)
          return [] if parts.empty?

          parts.include?(BackupInformation::YAML_NAME) ? [BackupInformation::YAML_NAME] : [OuterTar::MANIFEST]
        end

        def last(parts)
          parts.sort_by { |name| name == BackupInformation::YAML_NAME ? 1 : 0 }
        end

        def exchange(name, doomed)
          move(name, from: @base, to: doomed)
          move(name, from: @folder, to: @base)
        end

        def move(name, from:, to:)
          source = File.join(from, name)
          File.rename(source, File.join(to, name)) if File.symlink?(source) || File.exist?(source)
        rescue SystemCallError => e
          raise Failure.of("move", source, e)
        end
      end
    end
  end
end
