# frozen_string_literal: true

module Bench
  # A Result's numbers as people read them, in the table and in the report.
  module Figures
    module_function

    def seconds(value)
      return "-" unless value

      format(value < 1 ? "%.3f" : "%.2f", value)
    end

    def ratio(result)
      result.ratio ? format("%.2fx", result.ratio) : "-"
    end

    # What stands before and behind the target's number is the medium's.
    def target(result, at_least: ">=", at_most: "<=")
      return "-" unless result.target

      format("%<sign>s%<value>.4gx", sign: result.at_most ? at_most : at_least, value: result.target)
    end

    def remarks(result)
      [result.skipped, result.flaw, result.note].compact.join("; ")
    end
  end
end
