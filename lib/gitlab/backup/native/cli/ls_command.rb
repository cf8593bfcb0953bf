# frozen_string_literal: true

require "json"

module Gitlab
  module Backup
    module Native
      class CLI
        # `gitlab-backup-cli ls ID [COMPONENT] [PATH]`
        class LsCommand
          HEADER = %w[component files content stored manifest].freeze
          ALIGN = %i[left right right right left].freeze

          def initialize(session)
            @session = session
          end

          # Prints the components of a backup, or what one of them holds. Returns the exit status. Raises Error when
          # there is no such backup, component or path.
          def call(id, component = nil, path = nil)
            source = @session.source(id, component)
            component ? members(source, component, path) : overview(source)
            0
          end

          private

          def overview(source)
            rows = rows(source)
            return rows.each { |row| puts JSON.generate(row.compact) } if @session.json?

            table = Table.new(HEADER, align: ALIGN)
            rows.each { |row| table << cells(row) }
            puts table.lines
          end

          def rows(source)
            figures = Summary.rows(source.summary).to_h { |row| [row["id"], row] }
            source.components.map { |id| row(source, id, figures.fetch(id, {})) }
          end

          # Of a foreign backup nobody wrote down what is in it.
          def row(source, id, figures)
            products = SourceProduct.of(source, id)
            { component: id, files: figures["files"], content: figures["raw"], stored: stored(source, id, products),
              manifest: products.any? && products.all? { |product| !product.contents_path.nil? } }
          end

          def stored(source, id, products)
            return products.sum { |product| product.place.size } if products.any?

            source.entries(id).each_entry.sum(&:size)
          end

          def cells(row)
            [row[:component], row[:files] || "-", row[:content] ? Units.bytes(row[:content]) : "-",
             Units.bytes(row[:stored]), manifest_word(row)]
          end

          # What repositories have is gitaly-backup's.
          def manifest_word(row)
            return "-" if row[:component] == "repositories"

            row[:manifest] ? "yes" : "no"
          end

          def members(source, component, word)
            path = MemberPath.of(word.to_s)
            found = false
            ComponentContents.open(source, component, @session) do |contents|
              contents.each_entry(paths: [path]) { |entry| found = print_entry(component, entry) }
            end
            return if found || path.empty?

            id = Printable.name(source.id)
            raise Error, "there is no #{Printable.name(path)} in #{component} of #{id}: " \
                         "gitlab-backup-cli ls #{id} #{component} shows what there is"
          end

          # Returns true.
          def print_entry(component, entry)
            object = { component: component, **EntryLine.object(entry) } if @session.json?
            puts(object ? JSON.generate(object) : EntryLine.text(entry))
            true
          end
        end
      end
    end
  end
end
