# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # In which order the statements of a dump are run, and which of them at once: its head on one connection; then
      # steps, one after the other.
      class LoadPlan
        # group: :data (rows, and what is made of each table's as soon as they are there), :attach and :foreign_key are
        # units that run side by side; those of :alone run in order.
        Step = Struct.new(:group, :units) do
          def alone?
            group == :alone
          end
        end

        GROUPS = { rows: :data, sequence: :data, index: :data, key: :data, attach: :attach,
                   foreign_key: :foreign_key }.freeze
        # What these make may have something that belongs to it.
        LED = %i[index key foreign_key].freeze

        # contents: [Load::Statement], or nil; apart: true if parts of the text can be read alone, as with a manifest.
        # slices: LoadSlices, or nil for rows that keep their order. Returns a LoadPlan, or nil when the text has to be
        # run as it comes.
        def self.of(contents, apart:, slices: nil)
          plan = contents && new(contents, apart: apart, slices: slices)
          plan if plan&.possible?
        end

        def initialize(contents, apart:, slices: nil)
          @contents = contents
          @slices = slices
          @kinds = contents.map { |statement| LoadKind.of(statement) }
          @copies = @contents.zip(@kinds).filter_map { |one, (kind, names)| [one, names.first] if kind == :rows }
          @trees = LoadTrees.new(contents)
          @head = head_size(apart) if @copies.any?
        end

        # False without rows, and for rows within a transaction, which other connections would not see. pg_dump writes
        # none but the one around large objects, behind the rows.
        def possible?
          @copies.any? && @kinds.first(@contents.rindex(@copies.last.first)).none? { |kind, _| kind == :transaction }
        end

        # LoadPart: what is run first, as it stands in the text
        def head
          length = @contents[@head] ? @contents[@head].offset : ending(@contents.last)
          LoadPart.new(0, length, 1, @contents.first(@head))
        end

        # [LoadPart] of the head that other connections have to run as well
        def settings
          @contents.first(@head).zip(@kinds).filter_map { |one, (kind, _)| LoadPart.of([one]) if kind == :setting }
        end

        # [Step], in their order
        def steps
          units.slice_when { |one, other| barrier?(one, other) }.map { |units| step(units) }
        end

        # {table => [rows, bytes of them in the text]}
        def tables
          @tables ||= @copies.each_with_object({}) do |(statement, name), tables|
            rows, bytes = tables.fetch(name, [0, 0])
            tables[name] = [rows + statement.rows, bytes + statement.length]
          end
        end

        # [LoadUnit]: ANALYZE for what was loaded. Of a partitioned table it takes in the partitions.
        def analysis
          roots = tables.keys.group_by { |name| @trees.root(name) }
          roots.map do |name, loaded|
            text = "ANALYZE #{name};"
            statement = Load::Statement.new(:sql, 0, text.bytesize, 0, 0, text)
            LoadUnit.new(kind: :analyze, parts: [LoadPart.of([statement])], names: [name],
                         weight: loaded.sum { |one| tables[one].last })
          end
        end

        private

        # Statements in it: those before the rows, and the rows as well when they cannot be read alone.
        def head_size(apart)
          copies = @contents.each_index.select { |index| @contents[index].kind == :copy }
          apart ? copies.first : copies.last + 1
        end

        def ending(statement)
          statement.offset + statement.length
        end

        def group(unit)
          GROUPS.fetch(unit.kind, :alone)
        end

        # Rows behind anything else begin anew: so what is made of a table never comes before rows that follow it.
        def barrier?(one, other)
          group(one) != group(other) || (other.kind == :rows && one.kind != :rows)
        end

        # What else is between BEGIN and COMMIT belongs to it.
        def units
          within = false
          rest = @contents.drop(@head).zip(@kinds.drop(@head))
          rest.each_with_object([]) do |(statement, (kind, names)), list|
            within = statement.text.match?(/\A(?:BEGIN|START)/in) if kind == :transaction
            add(list, LoadPart.of([statement]), within ? :other : kind, names)
          end
        end

        def add(list, part, kind, names)
          last = list.last&.kind
          return list.last.follow(part) if kind == :follower && LED.include?(last)
          return list.last.parts << part if kind == :sequence && last == :sequence

          list << LoadUnit.new(kind: kind, parts: [part], names: names, keys: keys(kind, names),
                               shared: kind == :index, needs: needs(kind, names),
                               weight: names.sum { |name| tables.fetch(name, [0, 0]).last })
        end

        # A partition's rows may come through what it hangs on; and what hangs on a table holds a lock on it as long as
        # its own rows come, which a key would wait for, with everybody else behind it.
        def needs(kind, names)
          %i[index key].include?(kind) ? names.flat_map { |name| @trees.path(name) | below.fetch(name, []) } : []
        end

        # {table => [tables with rows that hang on it]}
        def below
          @below ||= tables.keys.each_with_object({}) do |name, below|
            @trees.path(name).each { |above| (below[above] ||= []) << name }
          end
        end

        def keys(kind, names)
          %i[attach foreign_key].include?(kind) ? names.map { |name| @trees.root(name) }.uniq : names
        end

        def step(units)
          rows, others = units.partition { |unit| unit.kind == :rows }
          Step.new(group(units.first), LoadRows.new(rows.map { |unit| copy(unit) }, slices: @slices).units + others)
        end

        def copy(unit)
          [unit.parts.first.statements.first, unit.names.first]
        end
      end
    end
  end
end
