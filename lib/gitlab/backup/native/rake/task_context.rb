# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # What a Rake task works with: the Instance, its TaskOptions and its TaskLog. standing, which
      # the task sets, is how things stand if it is interrupted now: "nothing was kept".
      TaskContext = Struct.new(:instance, :options, :log, :standing) do
        # True for the component with this id if the configuration switches it off. GitLab asks that of the registry
        # alone, and does not look whether its folder is there.
        def disabled?(id)
          id == "registry" && !instance.registry_enabled?
        end

        # The ShellCommand of DECOMPRESS_CMD for a SourceProduct, nil where our own gzip is to do. Raises Error.
        def decompression(product)
          product.decompression(options.decompress_cmd, instance)
        end

        # The Manners of a run that backs up. Raises Error for variables that cannot be right.
        def manners
          @manners ||= Manners.parse(**options.to_h.slice(:bwlimit, :nice, :ionice)) { |name| name.to_s.upcase }
        end

        # Runs the block, which returns an exit status, as every task runs: set up with the classes `needed`, under
        # the lock. Returns that status, or 1 when another run has the lock. Raises Error; does not wait.
        def locked(needed, &block)
          RunSetup.call(needed)
          TaskLock.hold(instance: instance, log: log, &block)
        end
      end
    end
  end
end
