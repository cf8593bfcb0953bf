# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      class GitRestore
        # Unpacks a repository's custom hooks, from a tar somebody may have tampered with: in a
        # folder of their own, and what is no file, folder or link never gets out of there.
        class Hooks
          MEMBER = "custom_hooks"

          # git: GitEngine::Git; folder: absolute path, there, the account may write in it
          def initialize(git, folder)
            @git = git
            @folder = folder
          end

          # archive: path of the tar; repository: path of the repository that gets them. Raises
          # Error, status :repository, or SystemCallError.
          def unpack(archive, repository)
            check_whole(archive)
            place = File.join(@folder, "hooks")
            make(place)
            File.open(archive, "rb") { |file| @git.untar(place, stdin: file) }
            hooks = File.join(place, MEMBER)
            return unless File.symlink?(hooks) || File.exist?(hooks)

            check(hooks)
            File.rename(hooks, File.join(repository, MEMBER))
          end

          private

          # tar takes an archive that is cut between two members for a whole one.
          def check_whole(archive)
            raise Error.new("it is no plain file", status: :repository) unless File.file?(archive)

            damage = Verification.new(source: archive, workers: 1).run.damages.first
            raise Error.new(damage.reason, status: :repository) if damage
          end

          def make(place)
            Dir.mkdir(place, 0o700)
            Owner.of(@folder).own(place)
          end

          def check(hooks)
            raise strange(MEMBER) unless File.lstat(hooks).directory?

            tree = Tree.new(hooks)
            names = Hash.new(0)
            files = tree.files.to_h { |path| [path, File.lstat(tree.absolute(path))] }
            files.each_value { |stat| names[stat.ino] += 1 }
            files.each { |path, stat| raise strange(path) unless plain?(stat, names[stat.ino]) }
          end

          # A file with a name elsewhere as well was linked to something of the system's.
          def plain?(stat, names)
            stat.symlink? || (stat.file? && stat.nlink == names && !stat.setuid? && !stat.setgid?)
          end

          def strange(path)
            Error.new("#{Printable.name(path)} is neither a plain file nor a folder or link", status: :repository)
          end
        end
      end
    end
  end
end
