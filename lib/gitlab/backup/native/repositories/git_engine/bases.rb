# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      class GitEngine
        # What an earlier run has of a repository, for an increment to go on from. steps: Hashes of
        # a manifest's keys, oldest first; refs: absolute path of the last list of refs, nil for
        # none.
        Base = Struct.new(:steps, :refs) do
          # Integer: number of the step that comes next
          def number
            steps.size + 1
          end
        end

        # Finds the Base of each repository among the files of the earlier run.
        class Bases
          NONE = Base.new([].freeze, nil).freeze
          KEYS = { "bundle_path" => :bundle, "ref_path" => :refs, "custom_hooks_path" => :hooks }.freeze

          # root: absolute path of `repositories`, where those files lie; backup_id: the earlier
          # run's, nil for a backup without one
          def initialize(root, backup_id)
            @root = root
            @store = RepositoryStore.new(root, backup_id: backup_id) if backup_id
          end

          # format: "sha1" or "sha256", of the repository as it is now. Returns Bases::NONE where a
          # full backup has to begin anew: nothing was saved, or nothing to go on from.
          def for(job, format)
            saved = @store&.find(job.storage_name, job.relative_path)
            usable?(saved, format) ? Base.new(steps(saved), saved.steps.last.refs) : NONE
          rescue Error => e
            raise unless e.status == :repository

            NONE
          end

          private

          def usable?(saved, format)
            return false if saved.nil? || saved.non_existent || saved.listless || saved.object_format != format

            refs = saved.steps.last&.refs
            !refs.nil? && File.file?(refs)
          end

          def steps(saved)
            previous = nil
            saved.steps.map do |step|
              paths = KEYS.transform_values { |name| relative(step[name]) }.compact
              Layout.step(paths, previous: previous).tap { previous = paths["ref_path"] }
            end
          end

          # The store's paths are bytes, the Layout's are text.
          def relative(path)
            path&.delete_prefix("#{@root}/".b)&.force_encoding(Encoding::UTF_8)
          end
        end
      end
    end
  end
end
