# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      module Components
        # A folder of the instance, archived as `<id>.tar.gz`.
        class Files
          Definition = Struct.new(:id, :title, :exclude)

          # Names are excluded at the top of the folder only.
          DEFINITIONS = [
            ["uploads", "Uploads", %w[tmp]],
            ["builds", "Builds", []],
            ["artifacts", "Artifacts", %w[tmp]],
            ["pages", "Pages", %w[@pages.tmp]],
            ["lfs", "LFS Objects", []],
            ["terraform_state", "Terraform States", %w[tmp]],
            ["registry", "Container Registry Images", []],
            ["packages", "Packages", %w[tmp]],
            ["ci_secure_files", "CI Secure Files", %w[tmp]],
            ["agent_plan_content", "Agent Plan Content", %w[tmp]],
            ["ci_catalog_bundles", "CI Catalog Bundles", %w[tmp]],
            ["external_diffs", "External Diffs", %w[tmp]]
          ].map { |row| Definition.new(*row).freeze }.freeze

          # Notes of the archive that make the run end with exit status 1.
          PROBLEM_KINDS = %w[unreadable].freeze
          # The archive's words for a skipped socket, as gbn_entry.c has them.
          SOCKET_REASON = "a socket has no content"

          # All of them, in GitLab's order.
          def self.all(instance)
            DEFINITIONS.map { |definition| new(instance, definition) }
          end

          def initialize(instance, definition)
            @instance = instance
            @definition = definition
          end

          def id
            @definition.id
          end

          def title
            @definition.title
          end

          def products
            ["#{id}.tar.gz"]
          end

          # String why there is nothing to archive on this instance, or nil.
          def skip_reason
            return unless id == "registry" && !@instance.registry_enabled? && !source?

            "the registry is not enabled"
          end

          # Archives the folder as a product of the job. Returns an Outcome, raises Error.
          def backup(job)
            tell_where_the_data_is(job.monitor)
            previous = job.archives&.of(self, job) if source?
            product = with_root(job) { |root| make(job, root, previous) }
            outcome(product, Reuse.of(product, previous, title: title, monitor: job.monitor))
          end

          private

          def source
            @source ||= @instance.file_path(id)
          end

          # False only if the folder is not there; what cannot be looked at is for the archive to report.
          def source?
            File.stat(source)
            true
          rescue Errno::ENOENT
            false
          rescue SystemCallError
            true
          end

          def tell_where_the_data_is(monitor)
            bucket = @instance.object_storage(id)
            monitor.info("#{title}: object storage (#{bucket}) has the data; it is not part of this backup") if bucket
            return if source?

            text = "#{title}: #{source} does not exist, an empty archive takes its place"
            bucket ? monitor.info(text) : monitor.alert("#{text}; mount or make the folder")
          end

          # Yields the folder to archive, nil where there is none.
          def with_root(job, &block)
            return yield(nil) unless source?

            return yield(source) unless job.options&.strategy == :copy

            StillCopy.open(source, exclude: @definition.exclude, job: job, &block)
          end

          # An earlier archive that proves of no use in the middle of it is no reason to go without a new one.
          def make(job, root, previous)
            job.product(products.first) { |place| archive(job, place, root, previous) }
          rescue FormatError => e
            raise unless previous

            job.monitor.warn("#{title}: #{Printable.line(e.message)}; this archive is made in full instead")
            make(job, root, nil)
          end

          def archive(job, place, root, previous)
            reuse = { previous: previous&.to_core, dedup: job.dedup }.compact
            Packing.new(job, id).call(place) do |options|
              Archive.new(root: root, exclude: @definition.exclude, **reuse, **options)
                     .run { |progress| job.monitor.advance(**progress.to_h) }
            end
          end

          def outcome(product, reuse)
            counts = product.note_counts
            problems = product.notes.select { |note| PROBLEM_KINDS.include?(note.kind) }
            Outcome.new(files: product.files, raw: product.raw, stored: product.stored,
                        problems: problems.map { |note| Problem.new(**note.to_h) },
                        problem_count: counts.slice(*PROBLEM_KINDS).values.sum,
                        notes: notes(product), reuse: reuse, handover: product.handover,
                        products: { products.first => product.sha256 })
          end

          # The archive counts what it skips under one name; people want to know what it was.
          def notes(product)
            counts = product.note_counts.except(*PROBLEM_KINDS)
            skipped = product.notes.select { |note| note.kind == "skipped" }
            sockets = skipped.count { |note| note.reason == SOCKET_REASON }
            return counts if sockets.zero? || skipped.size < counts["skipped"]

            counts.merge("skipped" => skipped.size - sockets, "socket" => sockets).reject { |_, count| count.zero? }
          end
        end
      end
    end
  end
end
