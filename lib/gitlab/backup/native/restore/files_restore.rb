# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # Restores a file component: what is in its folder moves aside, the archive is
      # extracted into the folder; if that fails, all is as it was before.
      class FilesRestore
        # component: Components::Files; job: RestoreJob.
        def initialize(component, job)
          @component = component
          @job = job
          @aside = Aside.new(component.id, target: job.instance.file_path(component.id), journal: job.journal)
          @target = RestoreTarget.new(@aside.folder)
          @archive = RestoredArchive.new(component, job)
        end

        # Looks at the archive and at the folder. Raises Error for what would fail later.
        def check
          @archive = RestoredArchive.new(@component, @job) # what was measured may have been replaced
          product = @component.products.first
          raise Error.new("the backup has no #{product}", path: @job.source.path) unless @archive.place

          size
          @target.check
        end

        # {directory => bytes} the new content takes where the directory lies.
        def needs
          { @target.existing => size.bytes }
        end

        # Bytes of the tar that DECOMPRESS_CMD makes in the backup path while this component is restored; 0 without.
        def passing_bytes
          @archive.passing_bytes
        end

        # Lines for people: what will be replaced by what.
        def replaces
          return ["#{title}: #{target} stays as it is; #{no_content}"] if size.empty?

          ["#{title}: #{target}, by #{size.words}"]
        end

        # Replaces the content. Returns an Outcome. Raises Error, or what interrupts it; the old
        # content is back then. An archive without any member was made of a folder that was not
        # there: it says nothing about what should be.
        def call
          tell_where_the_data_goes
          size.empty? ? stay : @archive.open { |place| replace(place) }
        rescue StandardError, SignalException => e
          give_back_after(e)
          raise
        end

        # Deletes the old content. Raises Error.
        def settle
          @aside.settle
        end

        # String why the old content must not be deleted yet, nil when it may.
        def unfinished
          @aside.unfinished
        end

        # Puts the old content back. Raises Error; may be called again.
        def give_back
          @aside.give_back
        end

        private

        def title = @component.title
        def target = @target.to_s
        def size = @archive.size

        def tell_where_the_data_goes
          bucket = @job.instance.object_storage(@component.id)
          return unless bucket

          @job.monitor.info("#{title}: restored to #{target}; object storage (#{bucket}), where GitLab looks for it, " \
                            "is not touched")
        end

        def stay
          @job.monitor.info("#{title}: #{target} stays as it is; #{no_content}")
          Outcome.new
        end

        def no_content
          "the backup was made while this folder did not exist"
        end

        def extract(place)
          @job.monitor.estimate(size.raw) if size.raw
          Extraction.new(source: place.path, **place.section, manifest: @archive.manifest, target: @aside.folder.path,
                         workers: @job.workers, owners: Process.euid.zero?, space: space)
                    .run { |progress| @job.monitor.advance(**progress.to_h) }
        end

        # An archive may claim to be small and be a bomb.
        def space
          FreeSpace.bytes(@aside.folder.path) || 0
        end

        def replace(place)
          @aside.take
          unpacked = extract(place)
          if unpacked.entries.zero?
            @aside.give_back
            return stay
          end
          @aside.fill
          outcome(unpacked)
        end

        # Not to be interrupted again; what cannot be done now is in the journal.
        def give_back_after(failure)
          Signals.defer { @aside.give_back }
        rescue Error => e
          raise Error, "#{Printable.line(failure.message)}; what was in #{target} could not be given back: " \
                       "#{e.message}; gitlab-backup-cli restore undo tries it again"
        end

        def outcome(unpacked)
          unpacked.skipped.each { |finding| @job.monitor.info(skipped_line(finding)) }
          Outcome.new(files: unpacked.files, raw: unpacked.raw, stored: unpacked.stored)
        end

        def skipped_line(finding)
          "#{title}: not restored: #{Printable.name(finding.path)}: #{Printable.line(finding.reason)}"
        end
      end
    end
  end
end
