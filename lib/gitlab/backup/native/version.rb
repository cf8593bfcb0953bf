# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      VERSION = "0.1.0"
    end
  end
end
