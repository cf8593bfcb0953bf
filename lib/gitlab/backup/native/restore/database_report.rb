# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # What a server refused of a dump: what GitLab's own restore tolerates, and the rest.
      #
      # errors: the first Load::Failures that are not tolerated; error_count: how many there are;
      # tolerated: lines, one for each kind of those that are; tolerated_count: how many those are;
      # facts: LoadFacts, or nil.
      DatabaseReport = Struct.new(:errors, :error_count, :tolerated, :tolerated_count, :facts, keyword_init: true) do
        # result: Load::Result
        def self.of(result)
          fine, bad = result.kinds.partition { |kind| DatabaseTolerance.cover?(kind.sqlstate, kind.verb) }
          new(errors: result.failures.select { |failure| of_kind?(bad, failure) }, error_count: bad.sum(&:count),
              tolerated: fine.map { |kind| line(kind, result.failures.find { |failure| of_kind?([kind], failure) }) },
              tolerated_count: fine.sum(&:count))
        end

        # "line 12: relation ... does not exist (42P01), in: COPY public.t (a) FROM stdin;"
        def self.words(failure)
          statement = ", in: #{Printable.line(failure.statement)}" unless failure.statement.empty?
          "line #{failure.line}: #{Printable.line(failure.message)} (#{failure.sqlstate})#{statement}"
        end

        def self.of_kind?(kinds, failure)
          verb = failure.statement[/\A[A-Za-z]{0,15}/].upcase
          kinds.any? { |kind| [kind.sqlstate, kind.verb] == [failure.sqlstate, verb] }
        end
        private_class_method :of_kind?

        def self.line(kind, failure)
          "#{kind.verb} (#{kind.sqlstate}, #{Units.count(kind.count, "time")}): " \
            "#{failure ? Printable.line(failure.message) : "no example was kept"}"
        end
        private_class_method :line
      end
    end
  end
end
