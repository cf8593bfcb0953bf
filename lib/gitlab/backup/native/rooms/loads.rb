# frozen_string_literal: true

module Gitlab
  module Backup
    # loads: one dump into a database by many connections
    module Native
      autoload :LoadFacts, "#{File.dirname(__dir__)}/loads/load_facts"
      autoload :LoadKind, "#{File.dirname(__dir__)}/loads/load_kind"
      autoload :LoadOutline, "#{File.dirname(__dir__)}/loads/load_outline"
      autoload :LoadPart, "#{File.dirname(__dir__)}/loads/load_part"
      autoload :LoadPlan, "#{File.dirname(__dir__)}/loads/load_plan"
      autoload :LoadProgress, "#{File.dirname(__dir__)}/loads/load_progress"
      autoload :LoadResults, "#{File.dirname(__dir__)}/loads/load_results"
      autoload :LoadRows, "#{File.dirname(__dir__)}/loads/load_rows"
      autoload :LoadSchedule, "#{File.dirname(__dir__)}/loads/load_schedule"
      autoload :LoadSession, "#{File.dirname(__dir__)}/loads/load_session"
      autoload :LoadSlices, "#{File.dirname(__dir__)}/loads/load_slices"
      autoload :LoadTrees, "#{File.dirname(__dir__)}/loads/load_trees"
      autoload :LoadUnit, "#{File.dirname(__dir__)}/loads/load_unit"
      autoload :ParallelLoad, "#{File.dirname(__dir__)}/loads/parallel_load"
    end
  end
end
