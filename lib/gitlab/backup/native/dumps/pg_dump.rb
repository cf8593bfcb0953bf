# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # Finds the pg_dump that fits a server: pg_dump refuses servers newer than itself.
      class PgDump
        # Where PostgreSQL's packages put what PATH does not show.
        FOLDERS = %w[/usr/lib/postgresql/*/bin /usr/pgsql-*/bin].freeze
        VERSION = /\Apg_dump \(PostgreSQL\) (\d+)/

        # install: the Linux package's folder or nil; account: whom it is to run as, or nil
        def initialize(install:, account:, folders: FOLDERS)
          @install = install
          @account = account
          @folders = folders
          @majors = {}
        end

        # Returns the absolute path of the first one that is new enough for the
        # snapshot's server. Raises Error with the remedy when there is none.
        def path_for(snapshot)
          wanted = snapshot.server_major
          candidates.find { |path| major(path)&.>= wanted } || raise(Error, complaint(snapshot, wanted))
        end

        # Absolute path of the first one of the very version of the snapshot's server, or nil.
        def equal_to(snapshot)
          candidates.find { |path| major(path) == snapshot.server_major }
        end

        # Integer, or nil when it does not run.
        def major(path)
          @majors.fetch(path) do
            output, = Child.capture([path, "--version"], account: @account)
            @majors[path] = output[VERSION, 1]&.to_i
          end
        rescue Error
          @majors[path] = nil
        end

        # Arguments for a dump in GitLab's form, to standard output.
        def self.arguments(path, snapshot)
          [path, "--clean", "--if-exists", "--snapshot=#{snapshot.id}", name(snapshot.database.database)]
        end

        # pg_dump takes some names for a connection string or an option; those go as the former.
        def self.name(database)
          return database unless database.match?(%r{\A-|=|\Apostgres(ql)?://})

          "dbname='#{database.gsub(/['\\]/) { |char| "\\#{char}" }}'"
        end
        private_class_method :name

        private

        def candidates
          own = @install ? newest_first("#{@install}/embedded/postgresql/*/bin") : []
          @candidates ||= Executables.all("pg_dump", install: @install, more: own + newest_first(@folders))
        end

        def newest_first(patterns)
          Dir.glob(patterns).sort_by { |folder| -folder[%r{(\d+)/bin\z}, 1].to_i }
        end

        def complaint(snapshot, wanted)
          remedy = "install PostgreSQL's client programs of version #{wanted} (package postgresql-client-#{wanted})"
          found = candidates.map { |path| "#{path} #{major(path) ? "is version #{major(path)}" : "does not run"}" }
          return "pg_dump not found in PATH or in PostgreSQL's own folders: #{remedy}" if found.empty?

          "no pg_dump is new enough for the server's version #{wanted} (#{snapshot.database.description}; " \
            "#{found.join(", ")}): #{remedy}"
        end
      end
    end
  end
end
