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
          Result = Struct.new(:exist, :bytes, keyword_init: true)

          HEADERS = { "sha1" => "# v2 git bundle\n", "sha256" => "# v3 git bundle\n@object-format=sha256\n" }.freeze

          # layout: Layout; git: Git; packs: Packs. The caller closes it. Raises Error.
          def initialize(layout:, git:, packs:)
            @layout = layout
            @git = git
            @packs = packs
            @list = Scratch.open(layout.root)
            @ids = Scratch.open(layout.root)
          end

          # path: absolute path of the job's repository. Returns a Result (bytes:
          # written). Raises Error (status :repository) or SystemCallError.
          def call(job, path)
            repository = Repository.new(path, @git, @packs)
            return Result.new(exist: false, bytes: record_missing(job)) unless repository.exist?

            Result.new(exist: true, bytes: back_up(job, repository))
          end

          def close
            [@list, @ids].each(&:close)
          end

          private

          def record_missing(job)
            record(job, empty: true, non_existent: true, object_format: "", head: nil)
          end

          def back_up(job, repository)
            repository.check_head
            format = repository.object_format
            head = repository.head
            clear(@list)
            repository.list_refs(@list)
            bytes = write_bundle(job, repository, format: format, head: head)
            bytes += @layout.create(@layout.step(job)["ref_path"]) { |refs| write_list(refs) }
            bytes += write_hooks(job, repository)
            bytes + record(job, empty: !refs?, non_existent: false, object_format: format, head: head)
          end

          def refs?
            @list.size.positive?
          end

          def write_bundle(job, repository, format:, head:)
            @head_id = nil
            return 0 unless refs?

            @layout.create(@layout.step(job)["bundle_path"]) do |bundle|
              write_header(bundle, format: format, head: head)
              pack(repository, bundle, format)
            end
          end

          def pack(repository, bundle, format)
            start = bundle.pos
            repository.pack(@ids, bundle)
            File.open(bundle.path, "rb") do |written|
              written.seek(start)
              repository.check(written, format)
            end
          end

          # In a bundle HEAD comes last, in the refs file first, in both only if it is born.
          def write_header(bundle, format:, head:)
            bundle.write(HEADERS[format] || raise(Error.new("unknown object format '#{format}'", status: :repository)))
            write_tips(bundle, " #{head}\n".b)
            bundle.write("#{@head_id} HEAD\n") if @head_id
            bundle.write("\n")
            bundle.flush # git goes on where we stop
          end

          def write_tips(bundle, head_ending)
            clear(@ids)
            @list.rewind
            @list.each_line do |line|
              id = line[0, line.index(" ")]
              @head_id = id if line.end_with?(head_ending)
              bundle.write(line)
              @ids.write(id, "\n")
            end
            @ids.rewind
          end

          def write_list(refs)
            refs.write("#{@head_id} HEAD\n") if @head_id
            @list.rewind
            IO.copy_stream(@list, refs)
          end

          def write_hooks(job, repository)
            return 0 unless repository.custom_hooks?

            @layout.create(@layout.step(job)["custom_hooks_path"]) { |hooks| repository.archive_hooks(hooks) }
          end

          # The manifests come last: what has one is complete.
          def record(job, **facts)
            text = Manifest.text(**facts, step: @layout.step(job))
            @layout.manifests(job).sum { |path| @layout.create(path) { |file| file.write(text) } }
          end

          def clear(file)
            file.rewind
            file.truncate(0)
          end
        end
      end
    end
  end
end
