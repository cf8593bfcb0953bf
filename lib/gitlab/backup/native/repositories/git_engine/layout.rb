# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      class GitEngine
        # Where things lie in the manifest layout, and the making of its files. All are
        # private; the directory is the run's own, so that files take their final
        # names at once: the whole backup gets its name when it is complete.
        class Layout
          # root: absolute path of `repositories`; backup_id: String
          def initialize(root, backup_id)
            @root = root
            @backup_id = backup_id
          end

          # The folder temporary files may take their space in.
          attr_reader :root

          # {"bundle_path" => ..., "ref_path" => ..., "custom_hooks_path" => ...} of the
          # job's one step, relative to the root.
          def step(job)
            base = File.join(folder(job), "001")
            { "bundle_path" => "#{base}.bundle", "ref_path" => "#{base}.refs",
              "custom_hooks_path" => "#{base}.custom_hooks.tar" }
          end

          # Paths of the job's manifest, in the order they are written.
          def manifests(job)
            ["#{@backup_id}.toml", "+latest.toml"].map { |name| File.join(manifest_folder(job), name) }
          end

          # Yields a new file. Returns its size in bytes. Raises SystemCallError.
          def create(relative)
            path = File.join(@root, relative)
            make_folder(File.dirname(path))
            File.open(path, File::WRONLY | File::CREAT | File::EXCL, 0o600) do |file|
              yield file
              file.size
            end
          end

          # Removes what there is of the job. Raises SystemCallError.
          def discard(job)
            remove([*step(job).values, *manifests(job)])
            [folder(job), File.dirname(folder(job)), manifest_folder(job)].each { |directory| remove_folder(directory) }
          end

          # Leaves the mark of a run, by which gitaly-backup finds the latest one.
          def mark_run
            path = File.join(@root, "backup_ids", @backup_id)
            make_folder(File.dirname(path))
            File.open(path, File::WRONLY | File::CREAT, 0o600).close
          rescue SystemCallError => e
            raise Failure.of("write", path, e)
          end

          private

          def folder(job)
            File.join(job.storage_name, job.relative_path, @backup_id)
          end

          def manifest_folder(job)
            File.join("manifests", job.storage_name, job.relative_path)
          end

          def make_folder(path)
            Dir.mkdir(path, 0o700)
          rescue Errno::EEXIST
            nil
          rescue Errno::ENOENT
            make_folder(File.dirname(path))
            retry
          end

          def remove(paths)
            paths.each do |relative|
              File.unlink(File.join(@root, relative))
            rescue Errno::ENOENT, Errno::ENOTDIR
              nil
            end
          end

          # Those above are shared with other repositories, which may just be making theirs.
          def remove_folder(relative)
            Dir.rmdir(File.join(@root, relative))
          rescue Errno::ENOENT, Errno::ENOTEMPTY, Errno::ENOTDIR
            nil
          end
        end
      end
    end
  end
end
