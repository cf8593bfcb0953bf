# frozen_string_literal: true

require "etc"

module Gitlab
  module Backup
    module Native
      # Whose the files of a backup are: those of the folder it is published in. It
      # matters as root only; everybody else owns what he makes anyway.
      class Owner
        # The owner of the file or folder at `path`. Raises SystemCallError.
        def self.of(path)
          stat = File.stat(path)
          new(stat.uid, stat.gid)
        end

        # Integers
        attr_reader :uid, :gid

        def initialize(uid, gid)
          @uid = uid
          @gid = gid
        end

        # Strings: the names of user and group, "" for an id without one.
        def names
          @names ||= [name(:getpwuid, uid), name(:getgrgid, gid)]
        end

        # Hands over the file at `path`, a link itself and not its target.
        def own(path)
          File.lchown(uid, gid, path) if Process.euid.zero?
        end

        # Whether a file or folder of that File::Stat needs no handing over.
        def owns?(stat)
          !Process.euid.zero? || (stat.uid == uid && stat.gid == gid)
        end

        # Hands over an open file.
        def own_file(file)
          file.chown(uid, gid) if Process.euid.zero?
        end

        # The same, and readable for all, whatever our umask: a file that others look for.
        def share(file)
          file.chmod(0o644) if Process.euid.zero? || file.stat.owned?
          own_file(file)
        end

        private

        def name(query, id)
          Etc.public_send(query, id)&.name.to_s
        rescue ArgumentError
          ""
        end
      end
    end
  end
end
