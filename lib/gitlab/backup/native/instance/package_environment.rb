# frozen_string_literal: true

require_relative "../error"

module Gitlab
  module Backup
    module Native
      class Instance
        # The folder in which the Linux package keeps the environment of its Rails
        # processes, one file per variable (`chpst -e`): RAILS_ENV, and whatever
        # gitlab_rails['env'] adds. Its wrappers load it; this tool's own does not.
        module PackageEnvironment
          # install: the package's folder, or nil. Returns {name => value}. Raises Error
          # for what cannot be read.
          def self.read(install)
            return {} unless install

            folder = "#{install}/etc/gitlab-rails/env"
            Dir.children(folder).sort.to_h { |name| [name, value("#{folder}/#{name}")] }.compact
          rescue Errno::ENOENT
            {}
          rescue SystemCallError => e
            raise Error.new("cannot read the Linux package's environment in #{folder} " \
                            "(#{Failure.plain(e)}): run as root", errno: e.errno, path: folder)
          end

          # First line, blanks at its end removed, NUL for newline: chpst's own rules.
          def self.value(path)
            line = File.read(path, encoding: Encoding::UTF_8).lines.first
            line.scrub.sub(/[ \t\n]+\z/, "").tr("\0", "\n") if line
          rescue Errno::EISDIR
            nil
          end
          private_class_method :value
        end
      end
    end
  end
end
