# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # A place for archives that is not this machine: what gitlab.yml says below
      # `backup.upload`. Reached as GitLab reaches it, through the gems of fog, of which none is
      # a dependency: the one the provider needs is loaded from what the machine has.
      module Remote
        autoload :Arrival, "#{__dir__}/remote/arrival"
        autoload :Attributes, "#{__dir__}/remote/attributes"
        autoload :Download, "#{__dir__}/remote/download"
        autoload :Encryption, "#{__dir__}/remote/encryption"
        autoload :FogStore, "#{__dir__}/remote/fog_store"
        autoload :LocalStore, "#{__dir__}/remote/local_store"
        autoload :MultipartUpload, "#{__dir__}/remote/multipart_upload"
        autoload :Part, "#{__dir__}/remote/part"
        autoload :PartSize, "#{__dir__}/remote/part_size"
        autoload :Provider, "#{__dir__}/remote/provider"
        autoload :S3Store, "#{__dir__}/remote/s3_store"
        autoload :Settings, "#{__dir__}/remote/settings"
        autoload :Trouble, "#{__dir__}/remote/trouble"
        autoload :Upload, "#{__dir__}/remote/upload"

        # The object's key of an archive: its name, below DIRECTORY if that is set.
        # path: of the archive; options: TaskOptions or nil. Returns a String.
        def self.key(path, options)
          File.join(*options&.directory, File.basename(path))
        end
      end
    end
  end
end
