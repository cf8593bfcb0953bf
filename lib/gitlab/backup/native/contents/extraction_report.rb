# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # What `extract` says of what it did.
      class ExtractionReport
        # Of paths that were left alone, so many are named.
        NAMED = 20

        # reporter: Reporter; directory: the folder that was extracted into; overwrite: whether what is there may go.
        def initialize(reporter, directory, overwrite:)
          @reporter = reporter
          @directory = directory
          @overwrite = overwrite
        end

        # Whatever is short of what was asked for. result: MemberExtraction::Result; product: SourceProduct it is of.
        def tell(result, product)
          tell_missing(result.missing.map { |path| "#{Printable.name(path)} in #{product.component}" }, product.source)
          tell_refused(result.refused)
          tell_left_out(result.left_out)
          tell_lost(result.lost, product)
        end

        # names: Strings, printable; source: BackupSource
        def tell_missing(names, source)
          names.each do |name|
            hint = ": of what ls shows as \\n or \\xFF it takes the bytes, in bash $'a\\nb'" if name.include?("\\")
            @reporter.error("there is no #{name} of #{Printable.name(source.id)}#{hint}")
          end
        end

        # paths: Strings, of what was there already
        def tell_refused(paths)
          hint = ": --overwrite replaces files" unless @overwrite
          paths.first(NAMED).each do |path|
            shown = Printable.name(File.join(@directory.b, path))
            @reporter.error("#{shown} exists already and was left alone#{hint}")
          end
          @reporter.error("and #{paths.size - NAMED} more exist already and were left alone") if paths.size > NAMED
        end

        # what: String, all there is to be. Returns the exit status.
        def tell_done(what, result)
          lacking = result.missing.any? || result.refused.any? || result.lost.any? || result.placed.zero?
          @reporter.success("Extracted #{what} to #{Printable.name(@directory)}") unless lacking
          lacking ? 1 : 0
        end

        private

        def tell_left_out(findings)
          findings.each { |finding| @reporter.warning("#{Printable.name(finding.path)}: #{finding.reason}") }
        end

        # Members that are lost with a block are named themselves.
        def tell_lost(findings, product)
          members = findings.select(&:path)
          lost = ProductDamages.new(product, nil).named(members.empty? ? findings : members)
          lost.first(NAMED).each { |damage| @reporter.error(damage.text) }
          @reporter.error("and #{lost.size - NAMED} more") if lost.size > NAMED
          @reporter.warning("what is damaged was left out, the rest extracted; #{product.advice}") if lost.any?
        end
      end
    end
  end
end
