# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # Looks for programs: in the Linux package first, then where the shell would.
      module Executables
        # name: String; install: the Linux package's folder or nil; more: folders to
        # look at last. Returns [absolute path], best first.
        def self.all(name, install: nil, more: [])
          folders = [install && "#{install}/embedded/bin", *ENV.fetch("PATH", "").split(":"), *more]
          paths = folders.compact.select { |folder| folder.start_with?("/") }.map { |folder| "#{folder}/#{name}" }
          paths.uniq.select { |path| File.file?(path) && File.executable?(path) }
        end
      end
    end
  end
end
