# frozen_string_literal: true

require "json"
require "time"

module Gitlab
  module Backup
    module Native
      class CLI
        # `gitlab-backup-cli show ID`
        class ShowCommand
          MEMBERS = %w[holds files bytes].freeze

          def initialize(session)
            @session = session
          end

          # Prints the backup of that name, a folder or a tar. Raises Error when there is none.
          def call(name)
            backup = @session.catalog.look_up(name, reporter: @session.reporter)
            backup.members # first, as this finds damage
            @session.json? ? puts(JSON.generate(object(backup))) : puts(lines(backup))
            0
          end

          private

          def object(backup)
            { id: Printable.name(backup.name), path: Printable.name(backup.path),
              created_at: backup.created_at&.iso8601, version: backup.version, size: backup.size,
              status: backup.status, problem_count: backup.problem_count,
              skipped: backup.skipped, damages: backup.damages, warnings: backup.warnings,
              components: rows(backup), incomplete: backup.incomplete? ? backup.reasons : nil,
              members: backup.members&.map(&:to_h) }
          end

          # Of what has no summary nothing is known.
          def rows(backup)
            backup.summary ? backup.components : []
          end

          def lines(backup)
            head(backup) + reasons(backup) + components(backup) + members(backup) + reuse(backup) + warnings(backup) +
              notes(backup) + problems(backup)
          end

          def head(backup)
            fields = { "Backup" => Printable.name(backup.name), "Path" => Printable.name(backup.path),
                       "Created" => backup.created_at || "unknown", "GitLab" => backup.version || "unknown",
                       "Size" => Units.bytes(backup.size), "Status" => status(backup) }
            fields["Left out"] = backup.skipped.join(", ") unless backup.skipped.empty?
            fields.map { |label, value| "#{"#{label}:".ljust(10)}#{value}" }
          end

          def status(backup)
            return "foreign (its manifest does not fit this id and is ignored)" if backup.summary_ignored?

            case backup.status
            when "foreign" then "foreign (made by another tool: no manifest, #{known(backup)})"
            when "damaged" then "damaged: #{backup.damages.join("; ")}"
            when "incomplete" then "incomplete (not a backup: what was finished before it failed)"
            else StatusWords.of(backup)
            end
          end

          def known(backup)
            backup.members ? "but what it holds" : "nothing more is known"
          end

          def reasons(backup)
            return [] unless backup.incomplete?

            ["", "What failed:"] + backup.reasons.map { |reason| "  #{reason["title"]}: #{reason["reason"]}" }
          end

          def components(backup)
            rows = rows(backup)
            rows.empty? ? [] : ["", *ResultTable.new(rows).lines, *LargestTables.new(rows).lines]
          end

          def members(backup)
            table = Table.new(MEMBERS, align: %i[left right right])
            members = Array(backup.members)
            members.each { |member| table << [member.path, member.files, Units.bytes(member.size)] }
            members.empty? ? [] : ["", *table.lines]
          end

          # What an archive took over stands in it all the same: it needs no other backup.
          def reuse(backup)
            rows = backup.components.select { |row| row["reused_raw"].to_i.positive? }
            rows.empty? ? [] : ["", "Reused:", *rows.map { |row| "  #{row["title"]}: #{reuse_words(row)}" }]
          end

          def reuse_words(row)
            "#{Units.bytes(row["reused_raw"].to_i)} of #{Units.bytes(row["raw"].to_i)} from #{row["previous"]}, " \
              "generation #{row["generation"]}"
          end

          def warnings(backup)
            backup.warnings.empty? ? [] : ["", "Warnings:", *backup.warnings.map { |text| "  #{text}" }]
          end

          def notes(backup)
            lines = backup.components.filter_map do |component|
              notes = component["notes"]
              "  #{component["title"]}: #{NoteWords.of(notes)}" if notes.is_a?(Hash) && notes.any?
            end
            lines.empty? ? [] : ["", "Notes:", *lines]
          end

          def problems(backup)
            return [] if backup.problem_count.zero?

            ["", "Problems:"] + backup.components.flat_map { |component| problem_lines(component) }
          end

          def problem_lines(component)
            label = "  #{component["title"]}:"
            listed = Array(component["problems"])
            lines = listed.map { |problem| "#{label} #{problem["kind"]} #{problem["path"]}: #{problem["reason"]}" }
            more = component["problem_count"].to_i - listed.size
            more.positive? ? lines.push("#{label} and #{more} more") : lines
          end
        end
      end
    end
  end
end
