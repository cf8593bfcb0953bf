# frozen_string_literal: true

require "etc"
require_relative "../error"

module Gitlab
  module Backup
    module Native
      # The system account GitLab's tools (database, git, gitaly-backup) run as when
      # we are root: `gitlab.user` of gitlab.yml. `groups` are all its group ids.
      Account = Struct.new(:name, :uid, :gid, :groups, :home, keyword_init: true) do
        # String: the name of the user with that id, or the id where it has none, as in containers.
        def self.name_of(uid)
          Printable.name(Etc.getpwuid(uid).name)
        rescue ArgumentError
          uid.to_s
        end

        # user_name: String. Returns nil when tools run as we are: we are not root,
        # or it is our own account. Raises Error when there is no such account.
        def self.for(user_name)
          return nil unless Process.euid.zero?

          entry = Etc.getpwnam(user_name)
          entry.uid == Process.euid ? nil : from_entry(entry)
        rescue ArgumentError
          raise Error, "no account '#{user_name}' on this machine: set gitlab.user in gitlab.yml " \
                       "to the account GitLab runs as"
        end

        def self.from_entry(entry)
          new(name: entry.name, uid: entry.uid, gid: entry.gid, home: entry.dir,
              groups: groups_of(entry))
        end
        private_class_method :from_entry

        # initgroups asks every source of accounts (LDAP too); walking Etc.group would not.
        def self.groups_of(entry)
          ours = Process.groups
          Process.initgroups(entry.name, entry.gid)
        ensure
          Process.groups = ours
        end
        private_class_method :groups_of

        # Runs the block as that Account, see #as_effective, or as we are for nil; returns what it returns.
        def self.as(account, &block)
          account ? account.as_effective(&block) : yield
        end

        # Runs the block with this account's effective user, groups and HOME, and
        # returns what it returns: PostgreSQL's peer authentication looks at the
        # effective user, libpq looks for its files in HOME. Ours are restored
        # whatever the block does. It is the whole process that changes: no other
        # thread may need root meanwhile.
        def as_effective(&block)
          ours = [Process.euid, Process.egid, Process.groups, ENV.values_at("HOME").first]
          Signals.defer do # an interrupt half way would leave us neither one nor the other
            become(uid, gid, groups, home)
            Signals.allow(&block)
          ensure
            Process::Sys.seteuid(0) # only root may change the groups back
            become(*ours)
          end
        end

        private

        def become(uid, gid, groups, home)
          Process.groups = groups
          Process::Sys.setegid(gid)
          Process::Sys.seteuid(uid)
          ENV["HOME"] = home
        end
      end
    end
  end
end
