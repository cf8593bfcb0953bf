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
              "libpq" => libpq, "pg" => with_pg { PG::VERSION }, "thor" => Thor::VERSION }
          end

          def codecs
            default = Codec.default
            Codec.names.map { |name| name == default ? "#{name} (default)" : name }.join(", ")
          rescue LoadError, Error => e
            missing(e)
          end

          def libpq
            with_pg { PG.library_version.divmod(10_000).join(".") }
          end

          def with_pg
            require "pg"
            yield
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
