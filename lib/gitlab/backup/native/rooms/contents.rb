# frozen_string_literal: true

module Gitlab
  module Backup
    # contents: what is in a backup, and how two differ
    module Native
      autoload :ComponentContents, "#{File.dirname(__dir__)}/contents/component_contents"
      autoload :DecompressedProduct, "#{File.dirname(__dir__)}/contents/decompressed_product"
      autoload :DiskEntries, "#{File.dirname(__dir__)}/contents/disk_entries"
      autoload :DumpChanges, "#{File.dirname(__dir__)}/contents/dump_changes"
      autoload :DumpExtraction, "#{File.dirname(__dir__)}/contents/dump_extraction"
      autoload :EntryChanges, "#{File.dirname(__dir__)}/contents/entry_changes"
      autoload :EntryLine, "#{File.dirname(__dir__)}/contents/entry_line"
      autoload :ExtractionReport, "#{File.dirname(__dir__)}/contents/extraction_report"
      autoload :LinkedContents, "#{File.dirname(__dir__)}/contents/linked_contents"
      autoload :MemberExtraction, "#{File.dirname(__dir__)}/contents/member_extraction"
      autoload :MemberPath, "#{File.dirname(__dir__)}/contents/member_path"
      autoload :Placement, "#{File.dirname(__dir__)}/contents/placement"
      autoload :RepositoryChanges, "#{File.dirname(__dir__)}/contents/repository_changes"
      autoload :SourceProduct, "#{File.dirname(__dir__)}/contents/source_product"
    end
  end
end
