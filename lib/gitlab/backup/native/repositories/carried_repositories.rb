# frozen_string_literal: true

require "fileutils"

module Gitlab
  module Backup
    module Native
      # The repositories of an earlier backup that is one tar, on their way into another one: only
      # what the built-in engine looks at is unpacked, bundles and hooks go from tar to tar.
      class CarriedRepositories
        FOLDER = "repositories"
        UNPACKED = %r{\A(?:backup_ids|manifests)/|\.refs\z}n
        # What is smaller is added at once, and takes no thread and no pipe.
        SMALL = 256 * 1024

        # source: TarSource
        def initialize(source)
          @source = source
        end

        # Puts manifests, markers and lists of refs into `directory`. Raises Error or SystemCallError.
        def unpack(directory)
          @source.each_repository_file do |name, place, time|
            write(BytePath.join(directory, name), place, time) if UNPACKED.match?(name)
          end
        end

        # Adds all else to the TarContainer of the ComponentJob. Raises Error.
        def carry(job)
          @source.each_repository_file do |name, place|
            copy(job, File.join(FOLDER, name), place) unless UNPACKED.match?(name)
          end
        rescue SystemCallError => e
          raise Failure.of("read", @source.path, e)
        end

        private

        # The kernel copies: no byte of it passes through Ruby.
        def write(path, place, time)
          FileUtils.mkdir_p(File.dirname(path), mode: 0o700)
          File.open(path, "wb", 0o600) { |file| IO.copy_stream(place.path, file, place.length, place.offset) }
          File.utime(time, time, path)
        end

        def copy(job, name, place)
          return job.container.add(name, place.head(SMALL)) if place.size < SMALL

          job.container.product(name) { |io| check(place, stream(job, name, place, io)) }
        end

        # Hashed by the core as it is written.
        def stream(job, name, place, io)
          manifest = job.manifest_path("carried")
          reader, writer = IO.pipe(binmode: true)
          feeder = feed(place, writer)
          Stream.new(io: reader, target: name, into: io, manifest: manifest, backup_id: job.backup_id, workers: 1,
                     compress: false, bytes_per_second: job.bytes_per_second).run.tap { feeder.join }
        ensure
          feeder&.kill&.join
          [reader, writer].compact.each(&:close)
          FileUtils.rm_f(manifest)
        end

        def feed(place, writer)
          Thread.new do
            IO.copy_stream(place.path, writer, place.length, place.offset)
          ensure
            writer.close
          end.tap { |thread| thread.report_on_exception = false }
        end

        def check(place, product)
          product.stored == place.size ? product : raise(place.cut_off)
        end
      end
    end
  end
end
