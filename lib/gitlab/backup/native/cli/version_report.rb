# frozen_string_literal: true

require "thor/version"

module Gitlab
  module Backup
    module Native
      class CLI
        # `gitlab-backup-cli version --verbose`: what it is built with and runs on. A part
        # that is missing is said to be missing.
        class VersionReport
          # Array of lines.
          def lines
            facts.map { |label, fact| "#{"#{label}:".ljust(16)}#{fact}" }
          end

          private

          def facts
            { "gem" => "gitlab-backup-native #{VERSION}", "ruby" => RUBY_DESCRIPTION, "gzip codecs" => codecs,
              "libpq" => libpq, "pg" => library_version, "thor" => Thor::VERSION }
          end

          def codecs
            default = Codec.default(ENV)
            Codec.names.map { |name| name == default ? "#{name} (default)" : name }.join(", ")
          rescue LoadError, Error => e
            missing(e)
          end

          def libpq
            require "pg"
            major, minor = PG.library_version.divmod(10_000)
            "#{major}.#{minor}"
          rescue LoadError => e
            missing(e)
          end

          def library_version
            require "pg"
            PG::VERSION
          rescue LoadError => e
            missing(e)
          end

          def missing(error)
            "not available (#{Printable.line(error.message)})"
          end
        end
      end
    end
  end
end
