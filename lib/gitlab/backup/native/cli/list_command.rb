# frozen_string_literal: true

require "json"
require "time"

module Gitlab
  module Backup
    module Native
      class CLI
        # `gitlab-backup-cli list`
        class ListCommand
          HEADER = %w[id created version size status].freeze
          ALIGN = %i[left left left right left].freeze

          def initialize(session)
            @session = session
          end

          # Prints one line per backup, folder or tar, oldest first, those being made last.
          def call
            catalog = @session.catalog
            rows = catalog.all_forms.map { |backup| row(backup) }
            rows += catalog.growing.map { |growing| growing_row(growing) }
            @session.json? ? print_json(rows) : print_text(rows, catalog)
            0
          end

          private

          def row(backup)
            { id: backup.name, created_at: backup.created_at, version: backup.version, size: backup.size,
              status: backup.status, problem_count: backup.problem_count, skipped: backup.skipped,
              damages: backup.damages, words: StatusWords.of(backup) }
          end

          def growing_row(growing)
            { id: growing.id, created_at: growing.started_at, version: nil, size: nil,
              status: "being made", problem_count: 0, skipped: [], damages: [], words: "being made" }
          end

          def print_json(rows)
            rows.each do |row|
              shown = { id: Printable.name(row[:id]), created_at: row[:created_at]&.iso8601 }
              puts JSON.generate(row.except(:words).merge(shown))
            end
          end

          def print_text(rows, catalog)
            return puts("There are no backups in #{Printable.name(catalog.base)}.") if rows.empty?

            table = Table.new(HEADER, align: ALIGN)
            rows.each { |row| table << cells(row) }
            puts table.lines
          end

          def cells(row)
            [Printable.name(row[:id]), row[:created_at] || "-", row[:version] || "-",
             row[:size] ? Units.bytes(row[:size]) : "-", row[:words]]
          end
        end
      end
    end
  end
end
