# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      class GitEngine
        # Backs up one repository after the other, on one thread.
        #
        # The refs are listed once. The refs file, the bundle's header and what is
        # packed all follow from that list, so they agree whatever is pushed meanwhile.
        # The list may be long (refs/keep-around): it lies in temporary files.
        class RepositoryBackup
          # bytes: written; sums: {path of a bundle => its SHA-256 in hex}
          Result = Struct.new(:exist, :bytes, :sums, keyword_init: true)

          # layout: Layout; git: Git; packs: Packs; bases: Bases; hash: whether to hash bundles. The caller
          # closes it. Raises Error.
          def initialize(layout:, git:, packs:, bases:, hash:)
            @layout = layout
            @git = git
            @packs = packs
            @bases = bases
            @hash = hash
            @list, *@scratch = @files = Array.new(3) { Scratch.open(layout.root) }
          end

          # path: absolute path of the job's repository. Returns a Result. Raises Error
          # (status :repository) or SystemCallError.
          def call(job, path)
            @sums = {}
            repository = Repository.new(path, @git, @packs)
            return Result.new(exist: false, bytes: record_missing(job), sums: @sums) unless repository.exist?

            Result.new(exist: true, bytes: back_up(job, repository), sums: @sums)
          end

          def close
            @files.each(&:close)
          end

          private

          def record_missing(job)
            record(job, Bases::NONE, empty: true, non_existent: true, object_format: "", head: nil)
          end

          def back_up(job, repository)
            repository.check_head
            format = repository.object_format
            head = repository.head
            list_refs(repository, head)
            base = @bases.for(job, format)
            bytes = write_files(@layout.step(job, base), repository, format: format, known: base.refs)
            bytes + record(job, base, empty: !refs?, non_existent: false, object_format: format, head: head)
          end

          # HEAD has an id only if it is born.
          def list_refs(repository, head)
            @list.rewind
            @list.truncate(0)
            repository.list_refs(@list)
            ending = " #{head}\n".b
            @list.rewind
            @head_id = @list.each_line.filter_map { |line| line[0, line.index(" ")] if line.end_with?(ending) }.last
          end

          def write_files(paths, repository, format:, known:)
            bytes = refs? ? write_bundle(paths["bundle_path"], repository, format: format, known: known) : 0
            bytes += @layout.create(paths["ref_path"]) { |refs| write_list(refs) }
            return bytes unless repository.custom_hooks?

            bytes + @layout.create(paths["custom_hooks_path"]) { |hooks| repository.archive_hooks(hooks) }
          end

          def refs?
            @list.size.positive?
          end

          def write_bundle(relative, repository, format:, known:)
            plan = BundlePlan.new(repository, @list, known: known, scratch: @scratch)
            bytes = @layout.create(relative) do |bundle|
              start = plan.write(bundle, format: format, head_id: @head_id)
              check(repository, bundle.path, start, format) unless plan.empty?
            end
            note_sum(relative) if @hash
            bytes
          end

          # At the end of the run it would have to come from the disk again. To drop it begins its way to the disk, so
          # that the sync of all in the end finds less to do.
          def note_sum(relative)
            path = File.join(@layout.root, relative)
            @sums[relative] = Digests.of([path], workers: 1, sync: false, drop: true).fetch(path)
          end

          def check(repository, path, start, format)
            File.open(path, "rb") do |written|
              written.seek(start)
              repository.check(written, format)
            end
          end

          def write_list(refs)
            refs.write("#{@head_id} HEAD\n") if @head_id
            @list.rewind
            IO.copy_stream(@list, refs)
          end

          # The manifests come last: what has one is complete.
          def record(job, base, **facts)
            @layout.write_manifests(job, Manifest.text(**facts, steps: [*base.steps, @layout.step(job, base)]))
          end
        end
      end
    end
  end
end
