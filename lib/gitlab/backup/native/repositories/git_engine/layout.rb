# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      class GitEngine
        # Where things lie in the manifest layout, and the making of its files. All are
        # private; the directory is the run's own, so that files take their final
        # names at once: the whole backup gets its name when it is complete.
        class Layout
          LATEST = "+latest.toml"

          # root: absolute path of `repositories`; backup_id: String
          def initialize(root, backup_id)
            @root = root
            @backup_id = backup_id
          end

          # The folder temporary files may take their space in.
          attr_reader :root

          # A step's paths in a manifest's order. previous: path of the earlier list of refs, or nil
          def self.step(paths, previous:)
            { "bundle_path" => paths["bundle_path"], "ref_path" => paths["ref_path"],
              "previous_ref_path" => previous, "custom_hooks_path" => paths["custom_hooks_path"] }.compact
          end

          # {"bundle_path" => ..., "ref_path" => ..., "custom_hooks_path" => ...}, relative to the
          # root, of the step the job adds to that Base; in an increment also "previous_ref_path".
          def step(job, base = Bases::NONE)
            stem = File.join(folder(job), format("%03d", base.number))
            paths = { "bundle_path" => "#{stem}.bundle", "ref_path" => "#{stem}.refs",
                      "custom_hooks_path" => "#{stem}.custom_hooks.tar" }
            Layout.step(paths, previous: base.steps.last&.fetch("ref_path"))
          end

          # Writes the job's manifest, by the run's name and then as the latest, which replaces an
          # earlier run's. Returns bytes. Raises SystemCallError.
          def write_manifests(job, text)
            folder = manifest_folder(job)
            own, latest = ["#{@backup_id}.toml", LATEST].map { |name| File.join(folder, name) }
            bytes = create(own) { |file| file.write(text) } + create("#{latest}.tmp") { |file| file.write(text) }
            File.rename(File.join(@root, "#{latest}.tmp"), File.join(@root, latest))
            bytes
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

          # Removes what there is of the job by this run. Raises SystemCallError.
          def discard(job)
            manifests = ["#{@backup_id}.toml", "#{LATEST}.tmp"].map { |name| File.join(manifest_folder(job), name) }
            remove(names(folder(job)).map { |name| File.join(folder(job), name) } + manifests)
            remove([File.join(manifest_folder(job), LATEST)]) if names(manifest_folder(job)) == [LATEST]
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

          def names(relative)
            Dir.children(File.join(@root, relative), encoding: Encoding::UTF_8)
          rescue Errno::ENOENT, Errno::ENOTDIR
            []
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
