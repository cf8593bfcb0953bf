# frozen_string_literal: true

require "json"
require "time"

module Gitlab
  module Backup
    module Native
      # One folder in the backup path that is a backup, or what is left of an incomplete one.
      class BackupDirectory
        MAX_METADATA_BYTES = 1024 * 1024

        # The BackupDirectory of that name, or nil if there is none: a link, a work
        # directory, a folder with something else in it.
        def self.at(base, name)
          directory = new(base, name)
          directory if directory.backup?
        end

        # String: the folder's name, by which list, show and delete know it.
        attr_reader :name

        def initialize(base, name)
          @base = base
          @name = name
        end

        # String: absolute path.
        def path
          File.join(@base, @name)
        end

        # True if it is one, whole or not, and no link.
        def backup?
          return false if @name.start_with?(".", *Leftovers::WORK_PREFIXES)

          File.lstat(path).directory? && (incomplete? || file?(BackupInformation::JSON_NAME))
        rescue SystemCallError
          false
        end

        # True for what is left of a run in which a component failed.
        def incomplete?
          @name.end_with?(BackupId::INCOMPLETE_SUFFIX) && file?(Publication::INCOMPLETE_NAME)
        end

        # String: the id the backup was made under.
        def id
          incomplete? ? @name.delete_suffix(BackupId::INCOMPLETE_SUFFIX) : @name
        end

        # BackupSource of it; [TarMember], which only a ListedTar has.
        def source(reporter: nil) = BackupSource.new(self, reporter: reporter)
        def members = nil

        # "complete", "damaged" when a product is missing or has another size, "incomplete", or
        # "foreign" for one that has no summary of ours.
        def status
          return "incomplete" if incomplete?
          return "foreign" unless summary

          damages.empty? ? "complete" : "damaged"
        end

        # Strings: what is missing of it.
        def damages
          @damages ||= Completeness.new(path, components).damages
        end

        # Hash of summary.json (String keys), or nil.
        def summary
          @summary ||= Summary.read(path, id)
        end

        # True if there is a summary that does not fit: the folder was renamed, or tampered with.
        def summary_ignored?
          summary.nil? && file?(Summary::NAME)
        end

        # [{"id", "title", "reason"}] of the components that failed.
        def reasons
          Array(read(Publication::INCOMPLETE_NAME, 3)["components"])
        end

        # Time or nil: of the metadata, else of an id that begins with an epoch.
        def created_at
          Time.parse(metadata["created_at"].to_s).utc
        rescue ArgumentError
          epoch = id[/\A\d{9,11}(?=_|\z)/]
          Time.at(epoch.to_i).utc if epoch
        end

        # String or nil.
        def version
          metadata["gitlab_version"]&.to_s
        end

        # Integer of bytes, all files.
        def size
          Tree.new(path).bytes
        rescue SystemCallError
          0
        end

        # Integer: what went wrong in the components that are kept.
        def problem_count
          components.sum { |component| component["problem_count"].to_i }
        end

        # Hashes of summary.json, [] without one.
        def components = Summary.rows(summary)

        # Strings: ids of the components that were left out as asked.
        def skipped
          Array(summary&.fetch("skipped", nil)).grep(String)
        end

        # Strings: what the run warned of.
        def warnings = Summary.warned(summary)

        # Removes it. Raises Error.
        def delete
          Removal.new(@base).call(@name)
        end

        private

        def file?(relative)
          File.lstat(File.join(path, relative)).file?
        rescue SystemCallError
          false
        end

        def metadata
          @metadata ||= read(*(incomplete? ? [Publication::INCOMPLETE_NAME, 3] : [BackupInformation::JSON_NAME, 1]))
        end

        def read(relative, nesting)
          content = JSON.parse(File.read(File.join(path, relative), MAX_METADATA_BYTES), max_nesting: nesting)
          content.is_a?(Hash) ? content : {}
        rescue SystemCallError, JSON::ParserError, EncodingError, TypeError
          {}
        end
      end
    end
  end
end
