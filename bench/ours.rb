# frozen_string_literal: true

# One piece of our work as a program of its own, so that it is timed as the peers are:
#
#   ours.rb archive FOLDER OUT    FOLDER as OUT/product, with its manifest
#   ours.rb again FOLDER OUT PREVIOUS   the same, on top of PREVIOUS/product and its manifest
#   ours.rb stream - OUT          standard input as OUT/product
#   ours.rb inflate FILE [MANIFEST]   what FILE holds to standard output
#   ours.rb extract FILE [MANIFEST [PATH]]   the archive FILE, or one member, into the working directory
#   ours.rb verify FILE [MANIFEST]    the archive FILE to nowhere, all of it checked; prints its SHA-256
#
# The first three print "name value" lines.

$LOAD_PATH.unshift(File.expand_path("../lib", __dir__))

require "etc"
require "gitlab/backup/native"

kind, source, folder, path = ARGV
native = Gitlab::Backup::Native
case kind
when "inflate"
  native::Inflate.new(source: source, manifest: folder, io: $stdout, workers: Etc.nprocessors).run
  exit
when "extract"
  native::Extraction.new(source: source, manifest: folder, target: Dir.pwd, owners: Process.euid.zero?,
                         paths: path && [path], workers: Etc.nprocessors).run
  exit
when "verify"
  found = native::Verification.new(source: source, manifest: folder, workers: Etc.nprocessors).run
  puts found.sha256
  exit found.damage_count.zero?
end
common = { target: "#{folder}/product", manifest: "#{folder}/manifest", backup_id: "bench", workers: Etc.nprocessors }
work = case kind
       when "archive" then native::Archive.new(root: source, **common)
       when "again"
         previous = { manifest: "#{path}/manifest", product: "#{path}/product" }
         native::Archive.new(root: source, previous: previous, **common)
       when "stream" then native::Stream.new(io: $stdin, **common)
       else abort "usage: ours.rb archive|again|stream SOURCE FOLDER [PREVIOUS] | inflate|extract|verify FILE ..."
       end

began = Process.clock_gettime(Process::CLOCK_MONOTONIC)
product = work.run
puts "seconds #{Process.clock_gettime(Process::CLOCK_MONOTONIC) - began}", "raw #{product.raw}",
     "workers #{Etc.nprocessors}", "peak_kib #{File.read("/proc/self/status")[/^VmHWM:\s*(\d+)/, 1]}"
times = Process.times
puts "cpu #{times.utime + times.stime}", "handover #{product.handover}", "reused #{product.reused_raw}"
