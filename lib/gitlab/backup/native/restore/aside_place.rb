# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # Where a folder's old content waits: in a folder beside it, or within it where no
      # rename leads out (it is a mount point, or what it lies in is not ours to write to).
      class AsidePlace
        PREFIX = "#{Folder::OURS}aside-".freeze
        # Of a restore id and of a folder's name, so that both fit a name.
        NAME_BYTES = 100

        # GitLab's web server gives everybody what lies in the folder of that name; `uploads` in
        # it goes through Rails.
        SERVED = "public"

        # folder: a Folder.
        def initialize(folder, restore_id)
          id = restore_id.b
          name = "#{PREFIX}#{id.byteslice(-NAME_BYTES, NAME_BYTES) || id}"
          parent, own_name = File.split(folder.path)
          @served = File.basename(parent) == SERVED
          @paths = { "within" => File.join(folder.path, name),
                     "beside" => File.join(parent, "#{name}-#{own_name[0, NAME_BYTES]}") }
        end

        # where: "within" or "beside". Returns a Folder, there or not.
        def at(where)
          Folder.new(@paths.fetch(where))
        end

        # Makes it, private, where it can be. Returns where. Raises Error.
        #
        # Only trying tells whether a rename can lead out of the folder: bind mounts have the
        # device of what they show.
        def make
          make_within
          return "within" if @served

          File.rename(@paths["within"], @paths["beside"])
          "beside"
        rescue Errno::EXDEV, Errno::EBUSY, Errno::EACCES, Errno::EPERM, Errno::EROFS
          "within"
        rescue SystemCallError => e
          raise Failure.of("make the folder", @paths["beside"], e)
        end

        # Removes it; nothing may be in it any more. Raises Error.
        def remove
          @paths.each_value do |path|
            Dir.rmdir(path) if File.directory?(path)
          rescue SystemCallError => e
            raise Failure.of("remove", path, e)
          end
        end

        private

        def make_within
          Dir.mkdir(@paths["within"], 0o700)
        rescue SystemCallError => e
          raise Failure.of("make the folder", @paths["within"], e)
        end
      end
    end
  end
end
