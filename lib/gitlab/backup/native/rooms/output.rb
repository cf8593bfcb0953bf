# frozen_string_literal: true

module Gitlab
  module Backup
    # output: what people and programs read
    module Native
      autoload :Failure, "#{File.dirname(__dir__)}/output/failure"
      autoload :JsonReporter, "#{File.dirname(__dir__)}/output/json_reporter"
      autoload :LargestTables, "#{File.dirname(__dir__)}/output/largest_tables"
      autoload :Monitor, "#{File.dirname(__dir__)}/output/monitor"
      autoload :NoteWords, "#{File.dirname(__dir__)}/output/note_words"
      autoload :Printable, "#{File.dirname(__dir__)}/output/printable"
      autoload :ProgressDisplay, "#{File.dirname(__dir__)}/output/progress_display"
      autoload :ProgressFigures, "#{File.dirname(__dir__)}/output/progress_figures"
      autoload :ProgressLine, "#{File.dirname(__dir__)}/output/progress_line"
      autoload :QuietOutput, "#{File.dirname(__dir__)}/output/quiet_output"
      autoload :Reporter, "#{File.dirname(__dir__)}/output/reporter"
      autoload :ResultTable, "#{File.dirname(__dir__)}/output/result_table"
      autoload :Secrets, "#{File.dirname(__dir__)}/output/secrets"
      autoload :Shortage, "#{File.dirname(__dir__)}/output/shortage"
      autoload :Table, "#{File.dirname(__dir__)}/output/table"
      autoload :TextReporter, "#{File.dirname(__dir__)}/output/text_reporter"
      autoload :Units, "#{File.dirname(__dir__)}/output/units"
    end
  end
end
