# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # A backup that is one file in the backup path, `<name>_gitlab_backup.tar`, whoever made it. What a BackupSource
      # wants to know of a BackupDirectory it answers as well.
      class TarBackup
        # The TarBackup of that name, nil without such a file. A link counts: GitLab's task follows it.
        def self.at(base, name, suffix: BackupId::TAR_SUFFIX)
          return if name.empty? || name.include?("/") || name.include?("\0")

          path = File.join(base, "#{name}#{suffix}")
          new(base, path, name) if File.file?(path)
        end

        # Strings: the tar's absolute path; its name without the suffix.
        attr_reader :path, :name

        def initialize(base, path, name)
          @base = base
          @path = path
          @name = name
        end

        # String: the id it was made under, which need not be its name; where that cannot be read, the name.
        def id
          information.backup_id || name
        rescue FormatError
          name
        end

        # BackupInformation of its backup_information.yml. Reads no more of the tar than it must: that is the first
        # member. Raises Error when there is none or it cannot be understood.
        def information
          @information ||= read_information
        end

        # What a BackupDirectory answers under these names; raise as #information.
        def created_at = information.created_at
        def version = information.gitlab_version
        def incomplete? = false

        # Strings: what of it is lost. Reads all headers. Raises Error.
        def damages = index.losses.map(&:text)

        # Hash of summary.json (String keys), nil without one that fits.
        def summary
          return @summary if defined?(@summary)

          member = index.file(Summary::NAME)
          folder.file(Summary::NAME, place(member)) if member
          @summary = member && Summary.read(folder.path, id)
        end

        # TarIndex
        def index
          @index ||= TarIndex.new(@path)
        end

        # TarFolder
        def folder
          @folder ||= TarFolder.new(@base, backup_id: id)
        end

        # Removes what was unpacked. Never raises: of one that cannot be read nothing was.
        def close
          @folder&.close
        end

        # Place of a member.
        def place(member)
          Place.new(@path, member.offset, member.size, "#{@path}: #{Printable.name(TarIndex.relative(member.name))}")
        end

        private

        def read_information
          name = BackupInformation::YAML_NAME
          member = TarIndex.find(@path, name)
          unless member&.type == "file"
            raise FormatError.new("#{Printable.name(@path)} has no #{name}: it is no backup of GitLab", path: @path)
          end

          BackupInformation.load(place(member).head(InformationFile::MAX_BYTES + 1), path: File.join(@path, name),
                                                                                     backup_id: @name)
        rescue SystemCallError => e
          raise Failure.of("read", @path, e)
        end
      end
    end
  end
end
