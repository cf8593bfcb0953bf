# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # Where the core finds a product: a file of its own, or a section of a larger one.
      module Section
        # path: of the file. offset, length: in bytes; without a length it is the whole file. name: what messages call
        # the section, whose ending says whether it is a .gz; the path by default. What the extension takes.
        def self.to_core(path, offset: nil, length: nil, name: nil)
          length ? [path, offset || 0, length, name] : path
        end
      end
    end
  end
end
