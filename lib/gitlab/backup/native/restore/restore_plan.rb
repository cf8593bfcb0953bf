# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # What a restore is to do, found out before anything is touched.
      class RestorePlan
        # source: BackupSource; parts: RestoreParts.
        def initialize(instance:, source:, options:, parts:, reporter:)
          @instance = instance
          @source = source
          @options = options
          @makers = parts
          @reporter = reporter
        end

        # [RestoreParts::Part] to restore, in GitLab's order. Says which components are left
        # out and why. Raises Error when nothing remains, or one that was named is missing.
        def parts
          @parts ||= @makers.of(wanted.map(&:id))
        end

        # Does the backup fit this GitLab? Raises Error when it does not, or cannot be told to,
        # unless that is to be overlooked.
        def check_version
          made_by = @source.information&.gitlab_version
          return if made_by == @instance.version

          fact, remedy = made_by ? mismatch(made_by) : unknown_version
          raise Error, "#{fact}: #{remedy}, or go on all the same with --force-version" unless @options.force_version

          @reporter.warning("#{fact}; restored all the same, as asked")
        end

        # Everything else that can be told to be wrong. A block judges the room, given what SpaceCheck
        # is given. Raises Error.
        def check
          warn_of_damages
          check_folders
          parts.each { |part| part.restore.check }
          needs = parts.map { |part| part.restore.needs } << passing
          block_given? ? yield(needs) : check_space(needs)
          SessionCheck.new(parts, forced: @options.force_connected, reporter: @reporter).call
        end

        # Lines for people.
        def replaces
          parts.flat_map { |part| part.restore.replaces }
        end

        private

        # Tars that DECOMPRESS_CMD makes are there one at a time.
        def passing
          { @instance.backup_path => parts.map(&:restore).grep(FilesRestore).map(&:passing_bytes).max || 0 }
        end

        def wanted
          components, others = Component.all(@instance).partition { |component| @options.selection.include?(component) }
          @reporter.left_out(others.map(&:title), wanted: components.map(&:title)) unless others.empty?
          WholenessCheck.new(@source, skip: @options.task ? "SKIP=" : "--skip ").call(components.map(&:id))
          found = held(components).reject { |component| skipped?(component) }
          return found unless found.empty?

          raise Error.new("there is nothing to restore: the backup #{Printable.name(@source.id)} holds none of it",
                          path: @source.path)
        end

        def held(components)
          ids = @options.held(@source)
          found, missing = components.partition { |component| ids.include?(component.id) }
          named = missing.find { |component| @options.named?(component.id) }
          raise Error.new(absence(named), path: @source.path) if named

          @reporter.info("Not in the backup: #{missing.map(&:title).join(", ")}") unless missing.empty?
          found
        end

        def absence(component)
          "the backup #{Printable.name(@source.id)} has no #{component.title}: " \
            "it holds #{@source.components.join(", ")}"
        end

        def skipped?(component)
          reason = component.skip_reason
          @reporter.component_skipped(component, "#{reason} here, but the backup has some") if reason
          reason
        end

        # How much there is in an archive without a manifest is a guess.
        def check_space(needs)
          SpaceCheck.new(needs).call
        rescue Error => e
          skipped = BooleanWords.true?(@instance.variables[FreeSpace::SKIP])
          raise Error, "#{e.message}, or go on all the same with #{FreeSpace::SKIP}=true" unless skipped

          @reporter.warning("#{e.message}; restored all the same, as asked")
        end

        # What is whole in it may still be wanted.
        def warn_of_damages
          name = Printable.name(@source.id)
          @source.damages.each { |damage| @reporter.warning("the backup #{name} is damaged: #{damage}") }
        end

        # What lies in a folder that is moved aside would be moved with it.
        def check_folders
          folders = parts.map(&:component).grep(Components::Files).to_h { |files| [files.title, folder(files)] }
          BackupPath.check_apart(@instance.backup_path, folders)
          folders.to_a.permutation(2) do |(title, path), (outer, outer_path)|
            next unless "#{path}/".start_with?("#{outer_path}/")

            raise Error.new("#{title} (#{Printable.name(path)}) lies within #{outer}, and would move aside with it: " \
                            "give each a folder of its own in gitlab.yml", path: path)
          end
        end

        def folder(files)
          Folder.at(@instance.file_path(files.id)).path
        end

        def mismatch(made_by)
          ["GitLab version mismatch: the backup was made by #{Printable.name(made_by)}, this is #{@instance.version}",
           "install the version of the backup"]
        end

        def unknown_version
          ["#{Printable.name(@source.path)} has no #{@source.metadata} that can be read, so nobody knows " \
           "which version of GitLab it fits", "put that file back"]
        end
      end
    end
  end
end
