# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # What a Rake task works with: the Instance, its TaskOptions and its TaskLog. standing, which
      # the task sets, is how things stand if it is interrupted now: "nothing was kept".
      TaskContext = Struct.new(:instance, :options, :log, :standing)
    end
  end
end
