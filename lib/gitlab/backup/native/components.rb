# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # The kinds of component; what they have in common is in Component.
      module Components
        autoload :Databases, "#{__dir__}/components/databases"
        autoload :Files, "#{__dir__}/components/files"
        autoload :Repositories, "#{__dir__}/components/repositories"
      end
    end
  end
end
