# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # What a component is told about the run it is part of. directory is the
      # work directory (absolute, with `manifest/` in it), workers a count, codec a
      # name or nil for the default, monitor where progress and lines go.
      ComponentJob = Struct.new(:instance, :directory, :backup_id, :workers, :codec, :monitor, keyword_init: true) do
        # Absolute path of a product in the work directory.
        def product_path(relative)
          File.join(directory, relative)
        end

        # Absolute path of the manifest of that name ("uploads", "db-main").
        def manifest_path(name)
          File.join(directory, "manifest", "#{name}.msgpack")
        end
      end
    end
  end
end
