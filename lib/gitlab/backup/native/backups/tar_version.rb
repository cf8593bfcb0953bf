# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # What `tar` calls itself, for GitLab's metadata.
      module TarVersion
        # First line of `tar --version` (gtar's where there is one), "" without a tar.
        def self.read
          Executables.all("gtar").push("tar").each do |tar|
            output, _errors, status = Child.capture([tar, "--version"])
            return Printable.name(output.lines.first.to_s.chomp) if status.success?
          rescue Error
            next
          end
          ""
        end
      end
    end
  end
end
