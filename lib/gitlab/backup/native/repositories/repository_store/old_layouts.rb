# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      class RepositoryStore
        # The layouts before manifests: files beneath the repository's path without `.git`,
        # found by pointer files called LATEST, or, older still, beside it.
        class OldLayouts
          POINTER = "LATEST"
          POINTER_LIMIT = 4096
          # More steps than that nobody has made.
          STEPS = 100_000

          # root: Root
          def initialize(root)
            @root = root
          end

          # The SavedRepository of the run called `id`, nil when there is none by pointer.
          # Raises Error.
          def pointer(relative_path, id)
            folder = File.join(base(relative_path), id)
            return unless @root.file?(File.join(folder, POINTER))

            saved(id, File.join(folder, POINTER), (1..count(folder)).map { |number| step(folder, number) })
          end

          # The latest, of either layout; nil when there is none. Raises Error.
          def latest(relative_path)
            latest = File.join(base(relative_path), POINTER)
            return legacy(relative_path) unless @root.file?(latest)

            id = read(latest)
            raise broken(latest, "it is no name") unless id.match?(%r{\A[^/\0]+\z}) && ![".", ".."].include?(id)

            pointer(relative_path, id) || raise(broken(latest, "the increment #{id} it names doesn't exist"))
          end

          private

          def base(relative_path)
            relative_path.delete_suffix(".git")
          end

          def count(folder)
            text = read(File.join(folder, POINTER))
            number = Integer(text, 10, exception: false) if text.match?(/\A\d+\z/)
            return number if number&.between?(1, STEPS)

            raise broken(File.join(folder, POINTER), "increment id #{text.inspect} is not a number of a step")
          end

          def read(name)
            @root.read(name, limit: POINTER_LIMIT).delete_suffix("\n")
          end

          def step(folder, number)
            name = format("%03d", number)
            files("#{folder}/#{name}.bundle", "#{folder}/#{name}.refs", "#{folder}/#{name}.custom_hooks.tar")
          end

          def legacy(relative_path)
            base = base(relative_path)
            return unless @root.file?("#{base}.bundle") || @root.file?("#{base}.refs")

            saved(nil, "#{base}.bundle", [files("#{base}.bundle", "#{base}.refs", "#{base}/custom_hooks.tar")])
          end

          def files(bundle, refs, hooks)
            SavedRepository::Step.new(bundle: @root.resolve(bundle), refs: @root.resolve(refs),
                                      hooks: @root.resolve(hooks))
          end

          # Neither says anything of SHA-256, or where HEAD pointed.
          def saved(id, description, steps)
            SavedRepository.new(id: id, description: description, object_format: "sha1", head: nil,
                                empty: false, non_existent: false, listless: true, steps: steps)
          end

          def broken(name, reason)
            Error.new("#{Printable.name(name)}: #{Printable.line(reason)}", status: :repository, path: name)
          end
        end
      end
    end
  end
end
