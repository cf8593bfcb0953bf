# frozen_string_literal: true

require_relative "../error"

module Gitlab
  module Backup
    module Native
      class Instance
        # What GitLab's Rails folder says about itself.
        class Installation
          # "18.6.2-ee", "17.0.0-rc1+g1a2b3c4": it becomes part of backup ids.
          VERSION = /\A[[:alnum:]][[:alnum:]._+~-]{0,99}\z/

          # location: Location
          def initialize(location)
            @location = location
          end

          # Returns the String in VERSION. Raises Error when there is none.
          def version
            version = read("VERSION")
            return version if version&.match?(VERSION)

            raise Error.new("GitLab's version is unknown: #{path("VERSION")} #{objection(version)}: " \
                            "check --gitlab-path", path: path("VERSION"))
          end

          # Packages write the file INSTALLATION_TYPE; in GitLab's own tree it says "source".
          def type
            own = read("INSTALLATION_TYPE")
            return own if own && own != "source"

            package = @location.install || @location.context&.text("installation_type") == "omnibus"
            package ? "omnibus-gitlab" : "source"
          end

          private

          def objection(version)
            return "does not exist or is empty" unless version

            "holds #{Printable.name(version)[0, 100].inspect}, which is none"
          end

          def path(name)
            "#{@location.root}/#{name}"
          end

          def read(name)
            text = File.read(path(name), encoding: Encoding::UTF_8).scrub.strip
            text unless text.empty?
          rescue Errno::ENOENT, Errno::ENOTDIR
            nil
          rescue SystemCallError => e
            raise Error.new("cannot read #{path(name)}: #{Failure.plain(e)}", errno: e.errno, path: path(name))
          end
        end
      end
    end
  end
end
