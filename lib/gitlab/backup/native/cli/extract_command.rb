# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      class CLI
        # `gitlab-backup-cli extract ID COMPONENT PATH...`
        class ExtractCommand
          # Of paths that were left alone, so many are named.
          NAMED = 20

          def initialize(session)
            @session = session
          end

          # Extracts what there is of it. Returns the exit status. Raises Error when nothing can be extracted.
          def call(id, component, words)
            check_directory
            source = @session.source(id)
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
            result = reading(product) { |readable| MemberExtraction.new(readable, **options).call(paths) }
            tell_missing(result.missing.map { |path| "#{Printable.name(path)} in #{component}" }, source)
            tell_refused(result.refused)
            tell_left_out(result.left_out)
            tell_lost(result.lost, product)
            tell_done(paths.include?("") ? "all of #{component}" : Units.count(result.placed, "path"), result)
          end

          # Yields it, or what DECOMPRESS_CMD makes of it. Returns the block's value.
          def reading(product, &block)
            command = command_for(product)
            return DecompressedProduct.open(product, command, into: directory, &block) if command

            reporter.warning(product.slowness) unless product.manifest_path
            begin
              yield product
            rescue FormatError => e
              raise FormatError, "#{e.message}; #{way_on(product)}"
            end
          end

          def command_for(product)
            command = product.reader(@session)
            reporter.info(command.announcement) if command
            command
          end

          def way_on(product)
            return "without a manifest nobody knows what of it is good: tar takes out what it can" unless
              product.manifest_path

            "gitlab-backup-cli verify #{Printable.name(product.source.id)} tells what else is damaged"
          end

          def tell_missing(names, source)
            names.each do |name|
              hint = ": of what ls shows as \\n or \\xFF it takes the bytes, in bash $'a\\nb'" if name.include?("\\")
              reporter.error("there is no #{name} of #{Printable.name(source.id)}#{hint}")
            end
          end

          def tell_refused(paths)
            hint = ": --overwrite replaces files" unless @session.values.flag(:overwrite)
            paths.first(NAMED).each do |path|
              reporter.error("#{Printable.name(File.join(directory.b, path))} exists already and was left alone#{hint}")
            end
            reporter.error("and #{paths.size - NAMED} more exist already and were left alone") if paths.size > NAMED
          end

          def tell_left_out(findings)
            findings.each { |finding| reporter.warning("#{Printable.name(finding.path)}: #{finding.reason}") }
          end

          # Members that are lost with a block are named themselves.
          def tell_lost(findings, product)
            members = findings.select(&:path)
            lost = members.empty? ? findings : members
            lost.first(NAMED).each do |finding|
              reporter.error(VerifyDamage.new(**finding.to_h, file: product.relative).text)
            end
            reporter.error("and #{lost.size - NAMED} more") if lost.size > NAMED
            reporter.warning("what is damaged was left out, the rest extracted; #{way_on(product)}") if lost.any?
          end

          def tell_done(what, result)
            lacking = result.missing.any? || result.refused.any? || result.lost.any? || result.placed.zero?
            reporter.success("Extracted #{what} to #{Printable.name(directory)}") unless lacking
            lacking ? 1 : 0
          end

          # A name as ls shows it, the file's, or the database's.
          def dumps(source, words)
            products = SourceProduct.of(source, SourceProduct::DUMPS)
            found = words.to_h { |word| [word, products.find { |product| names(product).include?(word) }] }
            missing = found.select { |_, product| product.nil? }.keys
            tell_missing(missing.map { |word| "database #{Printable.name(word)} in db" }, source)
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
            written ? reporter.success("Extracted #{path}") : tell_refused([extraction.name])
            written
          end

          def reporter
            @session.reporter
          end
        end
      end
    end
  end
end
