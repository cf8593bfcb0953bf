# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      class CLI
        # `gitlab-backup-cli extract ID COMPONENT PATH...`
        class ExtractCommand
          def initialize(session)
            @session = session
          end

          # Extracts what there is of it. Returns the exit status. Raises Error when nothing can be extracted.
          def call(id, component, words)
            check_directory
            source = @session.source(id, component)
            ComponentContents.check(source, component)
            refuse_repositories(source) if component == "repositories"
            component == SourceProduct::DUMPS ? dumps(source, words) : members(source, component, words)
          end

          private

          def directory
            @directory ||= File.expand_path(@session.values.text(:directory) || ".")
          end

          def check_directory
            return if File.directory?(directory)

            raise Error, "cannot extract into #{Printable.name(directory)}: it is no folder; make it, or name " \
                         "another with -C"
          end

          def refuse_repositories(source)
            place = Printable.name(source.path)
            unpacked = File.directory?(source.path) ? "of #{place}" : "that tar -xf #{place} repositories unpacks"
            raise Error, "repositories are Git bundles, not members of an archive: git clone a bundle in the folder " \
                         "repositories #{unpacked}, or restore them with restore all " \
                         "#{Printable.name(source.id)} --only repositories"
          end

          def options
            { directory: directory, workers: @session.values.jobs, overwrite: @session.values.flag(:overwrite) }
          end

          def members(source, component, words)
            paths = words.map { |word| MemberPath.of(word) }
            product = SourceProduct.of(source, component).first
            reading(product) do |readable|
              result = MemberExtraction.new(readable, **options).call(paths)
              report.tell(result, readable)
              report.tell_done(paths.include?("") ? "all of #{component}" : Units.count(result.placed, "path"), result)
            end
          end

          # Yields it, or what DECOMPRESS_CMD makes of it. Returns the block's value.
          def reading(product, &block)
            command = command_for(product)
            return DecompressedProduct.open(product, command, into: directory, &block) if command

            reporter.warning(product.slowness) unless product.manifest_path
            begin
              yield product
            rescue FormatError => e
              raise FormatError, "#{e.message}; #{product.advice}"
            end
          end

          def command_for(product)
            command = product.reader(@session)
            reporter.info(command.announcement) if command
            command
          end

          # A name as ls shows it, the file's, or the database's.
          def dumps(source, words)
            products = SourceProduct.of(source, SourceProduct::DUMPS)
            found = words.to_h { |word| [word, products.find { |product| names(product).include?(word) }] }
            missing = found.select { |_, product| product.nil? }.keys
            report.tell_missing(missing.map { |word| "database #{Printable.name(word)} in db" }, source)
            written = found.values.compact.uniq.map { |product| dump(product) }
            missing.empty? && written.all? ? 0 : 1
          end

          def names(product)
            [product.database, product.relative, File.basename(product.relative),
             "./#{File.basename(product.relative)}"]
          end

          # Returns whether it was written.
          def dump(product)
            extraction = DumpExtraction.new(product, **options, command: command_for(product))
            written = extraction.call
            path = Printable.name(File.join(directory, extraction.name))
            written ? reporter.success("Extracted #{path}") : report.tell_refused([extraction.name])
            written
          end

          def report
            @report ||= ExtractionReport.new(reporter, directory, overwrite: @session.values.flag(:overwrite))
          end

          def reporter
            @session.reporter
          end
        end
      end
    end
  end
end
