# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # One thing that went wrong inside a component that is kept all the same:
      # an unreadable file, a broken repository. Kind is one word ("unreadable",
      # "repository"), path is relative to the component's source (binary-safe),
      # reason is one line.
      Problem = Struct.new(:kind, :path, :reason, keyword_init: true)

      # What a component has to show for its work.
      #
      # files (names: those of hard links as well) and raw/stored (bytes) are counts; problems are the
      # ones to list (all or the first 1000), problem_count how many there are (nil: as many as are listed);
      # notes counts what is worth knowing but no problem ({"vanished" => 3});
      # products maps paths relative to the backup to their SHA-256 in hex, for those
      # already hashed: whatever is missing here is hashed before publishing;
      # databases tell how each was dumped ([DumpFacts]); reuse is a Reuse, or nil; handover: Product#handover of
      # all products together.
      Outcome = Struct.new(:files, :raw, :stored, :problems, :problem_count, :notes, :products, :databases, :reuse,
                           :handover, keyword_init: true) do
        def initialize(files: 0, raw: 0, stored: 0, problems: [], notes: {}, products: {}, databases: [], handover: 0.0,
                       **others)
          super
          self.problem_count ||= problems.size
        end
      end
    end
  end
end
