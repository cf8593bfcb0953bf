# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # The backups in the backup path.
      class Catalog
        # A backup that a run is taking right now.
        Growing = Struct.new(:id, :path, :started_at, keyword_init: true)

        HINT = "gitlab-backup-cli list shows those there are"

        # String: the backup path
        attr_reader :base

        def initialize(base)
          @base = base
        end

        # [BackupDirectory], oldest first. Raises Error.
        def all
          names.filter_map { |name| BackupDirectory.at(@base, name) }
               .sort_by { |backup| [backup.created_at.to_i, backup.name] }
        end

        # [ListedTar]: the tars beside them, oldest first. Raises Error.
        def tars
          names.filter_map { |name| ListedTar.at(@base, name) }.sort_by { |tar| [tar.created_at.to_i, tar.name] }
        end

        # Both, oldest first. Raises Error.
        def all_forms
          (all + tars).sort_by { |backup| [backup.created_at.to_i, backup.name] }
        end

        # Both, newest first; a folder comes before the tar that was made of it. Of those of one second
        # the newest is the one that came here last. Raises Error.
        def newest_first
          forms = all_forms
          came = forms.group_by(&:id).transform_values { |same| same.map { |backup| came(backup.path) }.min }
          forms.sort_by do |backup|
            [-backup.created_at.to_i, -came.fetch(backup.id), backup.is_a?(BackupDirectory) ? 0 : 1, backup.name]
          end
        end

        # [Growing]
        def growing
          names.map { |name| File.join(@base, name) }.select { |path| growing?(path) }.map { |path| entry(path) }
        end

        # BackupDirectory of that name; raises Error when there is no backup there.
        def fetch(name)
          folder(text(name)) || refuse(text(name))
        end

        # The same, and what "latest" stands for.
        def fetch_folder(name, **asked)
          fetch(real_name(name, **asked))
        end

        # BackupDirectory or ListedTar of that name; a whole tar's id serves as well where no folder has it. Raises
        # Error when there is neither.
        def fetch_form(name)
          name = text(name)
          tar = "#{name.delete_suffix(BackupId::TAR_SUFFIX)}#{BackupId::TAR_SUFFIX}"
          folder(name) || ListedTar.at(@base, name) || ListedTar.at(@base, tar) || refuse(name)
        end

        # The same, and what "latest" stands for; asked: what LatestBackup takes.
        def look_up(name, **asked)
          fetch_form(real_name(name, **asked))
        end

        # {component id => Hash of the newest complete backup's summary}
        def previous_figures
          newest = all_forms.reverse.find { |backup| backup.status == "complete" }
          newest ? newest.components.to_h { |component| [component["id"], component] } : {}
        end

        private

        # A word that is no text comes as bytes, which do not go together with the path; the name of a folder as a shell
        # completes it ends in a slash.
        def text(name)
          name.b.sub(%r{\A[^/]+\K/+\z}n, "").force_encoding(Encoding::UTF_8)
        end

        def real_name(name, **asked)
          latest = LatestBackup.new(self, **asked)
          latest.meant?(text(name)) ? latest.name : name
        end

        def folder(name)
          BackupDirectory.at(@base, name) unless name.include?("/") || name.empty?
        end

        def refuse(name)
          raise Error.new(absence(name), path: @base)
        end

        def came(path)
          File.lstat(path).ctime.to_r
        rescue SystemCallError
          0
        end

        def names
          Dir.children(@base, encoding: Encoding::UTF_8).sort_by(&:b)
        rescue SystemCallError => e
          raise Failure.of("list", @base, e)
        end

        def growing?(path)
          named = File.basename(path).start_with?(WorkDirectory::PREFIX)
          named && Leftovers.work_directory?(path) && Leftovers.held?(path)
        end

        def entry(path)
          owner = Leftovers.owner(path) || {}
          Growing.new(id: owner["backup_id"].to_s, path: path, started_at: Time.at(owner["started_at"].to_i).utc)
        end

        def absence(name)
          shown = Printable.name(name).inspect
          return "#{shown} is not a backup id: #{HINT}" if name.include?("/") || name.empty?

          path = File.join(@base, name)
          return "#{shown} in #{@base} is a link, not a backup" if File.symlink?(path)
          return "#{shown} in #{@base} is #{nature(path)}" if File.exist?(path)

          "there is no backup #{shown} in #{@base}: #{HINT}"
        end

        def nature(path)
          return "not a backup: it has no #{BackupInformation::JSON_NAME}, without which none can be told" if
            File.directory?(path)

          tar = ListedTar.at(@base, File.basename(path))
          return "not a backup: it is neither a folder nor a tar named <id>#{BackupId::TAR_SUFFIX}" unless tar
          return "a tar: only a folder will do here" unless tar.incomplete?

          "an incomplete tar: gitlab:backup:restore takes what it holds, with INCOMPLETE=yes"
        end
      end
    end
  end
end
