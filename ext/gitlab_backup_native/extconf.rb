# frozen_string_literal: true

require "mkmf"

Library = Struct.new(:packages, :names, :header, :function, :debian, :rpm, keyword_init: true)

LIBRARIES = [
  Library.new(packages: %w[libarchive], names: %w[archive], header: "archive.h", function: "archive_write_new",
              debian: "libarchive-dev", rpm: "libarchive-devel"),
  Library.new(packages: %w[zlib], names: %w[z], header: "zlib.h", function: "crc32_combine",
              debian: "zlib1g-dev", rpm: "zlib-devel"),
  Library.new(packages: %w[libcrypto], names: %w[crypto], header: "openssl/evp.h", function: "EVP_DigestInit_ex",
              debian: "libssl-dev", rpm: "openssl-devel"),
  Library.new(packages: %w[libpq], names: %w[pq], header: "libpq-fe.h", function: "PQgetCopyData",
              debian: "libpq-dev", rpm: "libpq-devel"),
  Library.new(packages: %w[msgpack-c msgpackc msgpack], names: %w[msgpack-c msgpackc], header: "msgpack.h",
              function: "msgpack_zone_new", debian: "libmsgpack-dev or libmsgpack-c-dev",
              rpm: "msgpack-devel")
].freeze

ISAL = Library.new(packages: %w[libisal], names: %w[isal], header: "isa-l/igzip_lib.h",
                   function: "isal_deflate_stateless", debian: "libisal-dev", rpm: "libisa-l-devel").freeze

def library?(library)
  dir_config(library.names.first)
  library.packages.any? { |package| pkg_config(package) }
  have_header(library.header) && library.names.any? { |name| have_library(name, library.function) }
end

def need(library)
  return if library?(library)

  warn "#{library.header} and lib#{library.names.first} are needed: install #{library.debian} (Debian, Ubuntu) " \
       "or #{library.rpm} (RPM), or say --with-#{library.names.first}-dir=DIR"
  exit!(1) # exit would have mkmf print a hundred lines of options below that one
end

def sources(isal)
  names = Dir[File.join(__dir__, "{core,glue}", "*.c")].map { |path| File.basename(path) }.sort
  isal ? names : names - ["gbn_gzip_isal.c"]
end

# A library none of whose functions is called is not linked.
append_ldflags("-Wl,--as-needed")
LIBRARIES.each { |library| need(library) }
isal = with_config("isal", true) && library?(ISAL)

$defs << "-D_GNU_SOURCE"
$defs << "-DGBN_HAVE_ISAL" if isal
$INCFLAGS << " -I$(srcdir)/core -I$(srcdir)/glue"
$CFLAGS << " -std=c11 -O2 -fvisibility=hidden -pthread -MMD -MP"
$LDFLAGS << " -pthread"
$VPATH << "$(srcdir)/core" << "$(srcdir)/glue"
$srcs = sources(isal)

create_makefile("gitlab/backup/native/gitlab_backup_native")

if isal
  puts "gzip codecs: isal, zlib"
else
  puts "gzip codecs: zlib (ISA-L is about 5 times faster: install #{ISAL.debian} or #{ISAL.rpm}, then build again)"
end
