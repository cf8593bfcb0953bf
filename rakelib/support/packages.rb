# frozen_string_literal: true

require "open3"

# What pkg-config knows of the libraries the core uses.
module Packages
  # Each entry: names under which releases of one library go, the first found is taken.
  CORE = [%w[libarchive], %w[zlib], %w[libcrypto], %w[libpq], %w[msgpack-c msgpackc msgpack]].freeze
  ISAL = "libisal"

  module_function

  def isal?
    @isal = found?(ISAL) unless defined?(@isal)
    @isal
  end

  # Array of compiler flags for the core; names ISA-L unless `isal` is false.
  def compile_flags(isal: isal?)
    flags = query("--cflags", names(isal))
    isal ? flags + ["-DGBN_HAVE_ISAL"] : flags
  end

  # Array of linker flags for programs made of the core.
  def link_flags(isal: isal?)
    ["-Wl,--as-needed", *query("--libs", names(isal))]
  end

  def names(isal)
    @names ||= CORE.map { |candidates| candidates.find { |name| found?(name) } || missing(candidates) }
    isal ? @names + [ISAL] : @names
  end

  def found?(name)
    _, status = Open3.capture2e("pkg-config", "--exists", name)
    status.success?
  end

  def query(option, packages)
    output, status = Open3.capture2("pkg-config", option, *packages)
    raise "pkg-config #{option} #{packages.join(" ")} failed" unless status.success?

    output.split
  end

  def missing(candidates)
    raise "#{candidates.join(" or ")} is not known to pkg-config: run bin/setup"
  end
end
