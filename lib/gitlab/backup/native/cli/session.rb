# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      class CLI
        # What a command works with, made from its options when it is first asked for.
        class Session
          attr_reader :values

          # options is Thor's hash.
          def initialize(options)
            @values = Values.new(options)
          end

          # Raises Error when there is no usable configuration.
          def instance
            @instance ||= Instance.find(gitlab_path: values.text(:gitlab_path), storage_paths: values.storage_paths)
          end

          # Reporter: text or JSON, as asked.
          def reporter
            @reporter ||= Reporter.for(json: json?, progress: values.flag(:progress))
          end

          # The backups there are. Raises Error when there is no backup path.
          def catalog
            Catalog.new(BackupPath.existing(instance.backup_path))
          end

          # The backup of that name, or "latest" (with that component), to be read. Raises Error when there is none.
          def source(id, component = nil)
            BackupSource.find(BackupPath.existing(instance.backup_path), id, reporter: reporter,
                                                                             only: [component].compact & Component::IDS)
                        .tap { |source| tell_of_losses(source) }
          end

          # String: DECOMPRESS_CMD as the Rake tasks read it, or nil. Raises Error.
          def decompress_cmd
            TaskOptions.from(instance.variables).decompress_cmd
          end

          # The ShellCommand it is for a SourceProduct, nil where our own gzip is to do. Raises Error.
          def decompression(product)
            product.decompression(decompress_cmd, instance)
          end

          # The question before something is replaced; standard output is for JSON where that is asked for.
          def confirmation
            Confirmation.new(assumed: values.flag(:yes), output: json? ? $stderr : $stdout)
          end

          def json?
            values.flag(:json)
          end

          # Runs the block while nobody else backs up, restores or deletes.
          def locked(&block)
            RunLock.hold(instance: instance, reporter: reporter, &block)
          end

          private

          def tell_of_losses(source)
            count = source.losses.size
            return if count.zero?

            id = Printable.name(source.id)
            reporter.warning("#{Printable.name(source.path)} is damaged in #{Units.count(count, "place")}: " \
                             "gitlab-backup-cli verify #{id} names what is lost; the rest can be had")
          end
        end
      end
    end
  end
end
