# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # What a Rake task works with: the Instance, its TaskOptions and its TaskLog.
      TaskContext = Struct.new(:instance, :options, :log)
    end
  end
end
