# frozen_string_literal: true

require "fileutils"

module Gitlab
  module Backup
    module Native
      # How the products of a run are compressed: by our own gzip, or by the command of
      # COMPRESS_CMD. What that makes only its counterpart understands, so the manifest speaks of
      # what the command was given: "uploads.tar" instead of "uploads.tar.gz".
      class Packing
        # job: ComponentJob; name: of the product's manifest
        def initialize(job, name)
          @job = job
          @manifest = job.manifest_path(name)
          @command = ShellCommand.given("COMPRESS_CMD", job.options&.compress_cmd, job.instance)
        end

        # place: what ComponentJob#product yields. Yields the options an Archive or a Stream is to
        # be made with; the block runs it and returns the Product. Returns the Product as it is
        # stored. Raises Error.
        def call(place, &block)
          @command ? by_command(place, &block) : yield(place.merge(common, rsyncable: rsyncable))
        end

        private

        def common
          { manifest: @manifest, backup_id: @job.backup_id, workers: @job.workers,
            bytes_per_second: @job.bytes_per_second }
        end

        def rsyncable
          @job.options&.gzip_rsyncable || false
        end

        def by_command(place, &block)
          @job.monitor.info(@command.announcement)
          @job.monitor.info("Ignoring GZIP_RSYNCABLE") if rsyncable
          product = piped(place, &block)
        ensure
          FileUtils.rm_f(stored_manifest)
          FileUtils.rm_f([@manifest, *(place[:target] unless place[:into])]) unless product
        end

        # The block's product goes into the command, what comes out of that is stored as it is.
        def piped(place)
          reader, writer = IO.pipe(binmode: true)
          keeper = keep(reader, place)
          made = @command.run(output: writer) do |input|
            inner = File.basename(place[:target], Manifest::PACKED)
            yield(target: place[:target], product: inner, into: input, **common, compress: false)
          end
          warn_of(@command.words)
          result(made, keeper.value)
        ensure
          writer&.close
          keeper&.kill&.join
          reader&.close
        end

        # On a thread of its own, as it works while the block does.
        def keep(reader, place)
          stream = Stream.new(io: reader, **place, **common, manifest: stored_manifest, compress: false)
          Thread.new { stream.run }.tap { |thread| thread.report_on_exception = false }
        end

        def stored_manifest
          "#{@manifest}.stored"
        end

        def warn_of(words)
          @job.monitor.warn("#{@command.name} says: #{words}") unless words.empty?
        end

        def result(made, kept)
          made.dup.tap do |product|
            product.stored = kept.stored
            product.sha256 = kept.sha256
          end
        end
      end
    end
  end
end
