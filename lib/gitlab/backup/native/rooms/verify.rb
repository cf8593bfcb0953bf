# frozen_string_literal: true

module Gitlab
  module Backup
    # verify: whether a backup is good
    module Native
      autoload :ArchiveCheck, "#{File.dirname(__dir__)}/verify/archive_check"
      autoload :ChecksumsCheck, "#{File.dirname(__dir__)}/verify/checksums_check"
      autoload :DumpsCheck, "#{File.dirname(__dir__)}/verify/dumps_check"
      autoload :MetadataCheck, "#{File.dirname(__dir__)}/verify/metadata_check"
      autoload :Obstacle, "#{File.dirname(__dir__)}/verify/obstacle"
      autoload :PackedCheck, "#{File.dirname(__dir__)}/verify/packed_check"
      autoload :ProductDamages, "#{File.dirname(__dir__)}/verify/product_damages"
      autoload :RepositoriesCheck, "#{File.dirname(__dir__)}/verify/repositories_check"
      autoload :StoredCheck, "#{File.dirname(__dir__)}/verify/stored_check"
      autoload :TarCheck, "#{File.dirname(__dir__)}/verify/tar_check"
      autoload :VerifiedPart, "#{File.dirname(__dir__)}/verify/verified_part"
      autoload :VerifyDamage, "#{File.dirname(__dir__)}/verify/verify_damage"
      autoload :VerifyJsonReporter, "#{File.dirname(__dir__)}/verify/verify_json_reporter"
      autoload :VerifyRun, "#{File.dirname(__dir__)}/verify/verify_run"
      autoload :VerifyTextReporter, "#{File.dirname(__dir__)}/verify/verify_text_reporter"
    end
  end
end
