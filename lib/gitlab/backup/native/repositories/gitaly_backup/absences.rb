# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      class GitalyBackup
        # Which repositories gitaly-backup found not to exist: it completes them like
        # others, and says so in their manifests only. Before 17.6 it skips them, as it
        # does empty ones, and leaves no manifest.
        class Absences
          MARK = /^non_existent *= *true$/
          # More than what stands above the steps
          SIZE = 16_384

          # directory: `repositories` of the backup, nil if Gitaly keeps it
          def initialize(directory, backup_id)
            @directory = directory
            @backup_id = backup_id
          end

          # job: RepositoryJob that is done
          def include?(job)
            !@directory.nil? && job.beneath_storage? && MARK.match?(File.binread(path(job), SIZE).to_s)
          rescue SystemCallError
            false
          end

          private

          def path(job)
            File.join(@directory, "manifests", job.storage_name.to_s, job.relative_path.to_s, "#{@backup_id}.toml")
          end
        end
      end
    end
  end
end
