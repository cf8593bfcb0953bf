# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      class GitEngine
        # A bare repository on disk. All that fails raises Error, status :repository,
        # with the reason, or SystemCallError.
        class Repository
          HEAD = %r{\Aref:[ \t]*(refs/\S+)\n?\z}n

          ID_SIZES = { "sha1" => 20, "sha256" => 32 }.freeze

          # path: absolute; git: Git; packs: Packs
          def initialize(path, git, packs)
            @path = path
            @git = git
            @packs = packs
          end

          def exist?
            File.stat(@path)
            true
          rescue Errno::ENOENT
            false
          end

          # Raises Error when this is some folder.
          def check_head
            File.lstat(file("HEAD"))
          rescue Errno::ENOENT
            raise Error.new("no repository: HEAD is missing", status: :repository)
          end

          # "sha1" or "sha256"
          def object_format
            plain? ? "sha1" : @git.ask(@path, "rev-parse", "--show-object-format")
          end

          # The ref HEAD points to, a binary String; it need not exist.
          def head
            (plain? && File.binread(file("HEAD"), 4096).to_s[HEAD, 1]) || @git.ask(@path, "symbolic-ref", "HEAD")
          end

          # Writes a line "<object id> <name>" for each ref below refs/, in byte order,
          # to `output`, a File.
          def list_refs(output)
            lines = plain? && RefFiles.new(@path).lines
            lines ? lines.each { |line| output.write(line) } : ask_refs(output)
          end

          # Writes a pack of all that can be reached from the ids in `ids`, and not from those with
          # "^" before them, to `output`, both Files. thin: it may build upon objects it does not have.
          def pack(ids, output, thin: false)
            @git.run(@path, *(%w[-c pack.threads=1] if small?), "pack-objects", "--quiet", "--revs", "--stdout",
                     "--delta-base-offset", *("--thin" if thin), stdin: ids, stdout: output)
          end

          # Writes each id of `ids` to `output`, both Files, with " missing" behind it if there is no such object.
          def look_up(ids, output)
            @git.run(@path, "cat-file", "--batch-check=%(objectname)", stdin: ids, stdout: output)
          end

          # Writes the commits a pack of the same `ids` has to `output`, and with "-" before it each
          # one it goes on from.
          def boundary(ids, output)
            @git.run(@path, "rev-list", "--boundary", "--stdin", stdin: ids, stdout: output)
          end

          # Raises Error if what was packed is not what was once stored. `written`: the
          # pack, a File at its beginning. git inflates all of it only if the
          # repository's own packs are not known to be sound.
          def check(written, format)
            return if @packs.sound?(file("objects"), ID_SIZES.fetch(format))

            @git.run(@path, "unpack-objects", "-n", "-q", stdin: written)
          rescue Error => e
            raise unless e.status == :repository

            raise Error.new("objects are corrupt (#{e.message}): see git fsck", status: :repository)
          end

          def custom_hooks?
            File.lstat(file("custom_hooks"))
            true
          rescue Errno::ENOENT
            false
          end

          # Writes the tar of the custom hooks to `output`, a File.
          def archive_hooks(output)
            @git.tar(@path, "custom_hooks", stdout: output)
          end

          private

          # Without extensions, HEAD is a file and names are SHA-1; with them, git knows.
          def plain?
            @plain ||= File.binread(file("config")).match?(/extensions/i) ? :no : :yes
            @plain == :yes
          rescue Errno::ENOENT
            false
          end

          # A ref git passes over with a word is a broken one, or a dangling symbolic
          # one; only the latter may be missing.
          def ask_refs(output)
            words = @git.run(@path, "for-each-ref", "--format=%(objectname) %(refname)", "refs/", stdout: output)
            @git.run(@path, "rev-list", "--max-count=1", "--single-worktree", "--all") unless words.empty?
          end

          def small?
            packs = File.join(@path, "objects", "pack")
            Dir.children(packs).sum { |name| name.end_with?(".pack") ? File.size(File.join(packs, name)) : 0 } < Git::SMALL
          rescue SystemCallError
            true # being repacked just now, or broken: git will say so
          end

          def file(name)
            File.join(@path, name)
          end
        end
      end
    end
  end
end
