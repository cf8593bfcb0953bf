# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # Looks at all of a backup, without restoring any of it.
      class VerifyRun
        # What a reporter wants to know of a part.
        Part = Struct.new(:id, :title)

        METADATA = Part.new("metadata", "Metadata").freeze
        CHECKSUMS = Part.new("checksums", "Checksums").freeze
        TAR = Part.new("tar", "Tar").freeze

        # source: BackupSource; reporter: VerifyTextReporter, VerifyJsonReporter or VerifyLog; account: Account git
        # runs as, or nil; session: answers #decompression, which gives the command that reads a SourceProduct, or nil.
        def initialize(source:, reporter:, workers:, account: nil, session: nil)
          @source = source
          @reporter = reporter
          @workers = workers
          @account = account
          @session = session
        end

        # Returns the exit status: 0 when all was looked at and nothing is wrong.
        def call
          started = now
          @reporter.verifying(backup_id: @source.id, directory: @source.path)
          results = parts.to_h { |part, check| [part, look(part, check)] }
          damages = results.values.sum(&:damage_count)
          missed = results.select { |_, result| result.obstacle }.keys
          @reporter.verified(backup_id: @source.id, seconds: now - started, damages: damages, missed: missed)
          damages.zero? && missed.empty? ? 0 : 1
        end

        private

        def parts
          { **(@source.losses.any? ? { TAR => TarCheck.new(@source) } : {}),
            METADATA => MetadataCheck.new(@source),
            CHECKSUMS => ChecksumsCheck.new(@source, workers: @workers, except: products),
            **@source.components.to_h { |id| [Part.new(id, title(id)), check(id)] } }
        end

        # Paths of the files whose content the components' own checks read.
        def products
          @source.components.flat_map { |id| SourceProduct.of(@source, id).map(&:relative) }
        end

        def title(id)
          { "db" => "Databases", "repositories" => "Repositories" }.fetch(id) do
            Components::Files::DEFINITIONS.find { |definition| definition.id == id }.title
          end
        end

        def check(id)
          options = { sums: @source.checksums, workers: @workers, session: @session }
          case id
          when "db" then DumpsCheck.new(@source, **options)
          when "repositories" then RepositoriesCheck.new(@source, account: @account, workers: @workers)
          else ArchiveCheck.new(SourceProduct.of(@source, id).first, **options)
          end
        end

        # Returns a VerifiedPart.
        def look(part, check)
          started = now
          @reporter.component_started(part)
          nothing = VerifiedPart.new
          result = Obstacle.noted(nothing) { check.call(Monitor.new(component: part, reporter: @reporter)) } || nothing
          @reporter.looked_at(part, result, now - started) unless result.blank?
          @reporter.not_looked_at(part, result.obstacle) if result.obstacle
          result
        end

        def now
          Process.clock_gettime(Process::CLOCK_MONOTONIC)
        end
      end
    end
  end
end
