# frozen_string_literal: true

require_relative "native/version"
require_relative "native/rooms/instance"
require_relative "native/rooms/components"
require_relative "native/rooms/dumps"
require_relative "native/rooms/loads"
require_relative "native/rooms/repositories"
require_relative "native/rooms/run"
require_relative "native/rooms/restore"
require_relative "native/rooms/rake"
require_relative "native/rooms/backups"
require_relative "native/rooms/tar"
require_relative "native/rooms/contents"
require_relative "native/rooms/verify"
require_relative "native/rooms/output"
require_relative "native/rooms/files"
require_relative "native/rooms/cli"

module Gitlab
  module Backup
    # Backs up a GitLab instance. Classes load when they are first named, so that
    # a short command (`version`, `list`) pays neither for the extension nor for pg.
    # Each room, a folder of native/, has its names in native/rooms.
    module Native
      autoload :Archive, "#{__dir__}/native/archive"
      autoload :Busy, "#{__dir__}/native/error"
      autoload :CLI, "#{__dir__}/native/cli"
      autoload :Cancelled, "#{__dir__}/native/error"
      autoload :Child, "#{__dir__}/native/child"
      autoload :Codec, "#{__dir__}/native/codec"
      autoload :Components, "#{__dir__}/native/components"
      autoload :DatabaseError, "#{__dir__}/native/error"
      autoload :Digests, "#{__dir__}/native/digests"
      autoload :Drain, "#{__dir__}/native/drain"
      autoload :Dump, "#{__dir__}/native/dump"
      autoload :Error, "#{__dir__}/native/error"
      autoload :Extraction, "#{__dir__}/native/extraction"
      autoload :FormatError, "#{__dir__}/native/error"
      autoload :Finding, "#{__dir__}/native/unpacked"
      autoload :Inflate, "#{__dir__}/native/inflate"
      autoload :Instance, "#{__dir__}/native/instance"
      autoload :Load, "#{__dir__}/native/load"
      autoload :Main, "#{__dir__}/native/main"
      autoload :Manifest, "#{__dir__}/native/manifest"
      autoload :Members, "#{__dir__}/native/members"
      autoload :Note, "#{__dir__}/native/product"
      autoload :Product, "#{__dir__}/native/product"
      autoload :ProductOptions, "#{__dir__}/native/product_options"
      autoload :Progress, "#{__dir__}/native/product"
      autoload :Relocation, "#{__dir__}/native/relocation"
      autoload :Remote, "#{__dir__}/native/remote"
      autoload :Scan, "#{__dir__}/native/scan"
      autoload :Section, "#{__dir__}/native/section"
      autoload :Stream, "#{__dir__}/native/stream"
      autoload :TarHeader, "#{__dir__}/native/tar_header"
      autoload :Unpacked, "#{__dir__}/native/unpacked"
      autoload :Verification, "#{__dir__}/native/verification"
    end
  end
end
