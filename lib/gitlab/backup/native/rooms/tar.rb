# frozen_string_literal: true

module Gitlab
  module Backup
    # tar: a backup as one file, read in place
    module Native
      autoload :ArchiveSize, "#{File.dirname(__dir__)}/tar/archive_size"
      autoload :LostComponents, "#{File.dirname(__dir__)}/tar/lost_components"
      autoload :Place, "#{File.dirname(__dir__)}/tar/place"
      autoload :TarBackup, "#{File.dirname(__dir__)}/tar/tar_backup"
      autoload :TarContainer, "#{File.dirname(__dir__)}/tar/tar_container"
      autoload :TarEnd, "#{File.dirname(__dir__)}/tar/tar_end"
      autoload :TarEntries, "#{File.dirname(__dir__)}/tar/tar_entries"
      autoload :TarFolder, "#{File.dirname(__dir__)}/tar/tar_folder"
      autoload :TarForm, "#{File.dirname(__dir__)}/tar/tar_form"
      autoload :TarIndex, "#{File.dirname(__dir__)}/tar/tar_index"
      autoload :TarLoss, "#{File.dirname(__dir__)}/tar/tar_loss"
      autoload :TarLosses, "#{File.dirname(__dir__)}/tar/tar_losses"
      autoload :TarMember, "#{File.dirname(__dir__)}/tar/tar_member"
      autoload :TarSource, "#{File.dirname(__dir__)}/tar/tar_source"
      autoload :TarUnpacking, "#{File.dirname(__dir__)}/tar/tar_unpacking"
    end
  end
end
