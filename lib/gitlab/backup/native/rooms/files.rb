# frozen_string_literal: true

module Gitlab
  module Backup
    # files: small ones of our own
    module Native
      autoload :BytePath, "#{File.dirname(__dir__)}/files/byte_path"
      autoload :Crew, "#{File.dirname(__dir__)}/files/crew"
      autoload :Durable, "#{File.dirname(__dir__)}/files/durable"
      autoload :FinalName, "#{File.dirname(__dir__)}/files/final_name"
      autoload :Owner, "#{File.dirname(__dir__)}/files/owner"
      autoload :Scratch, "#{File.dirname(__dir__)}/files/scratch"
      autoload :Tree, "#{File.dirname(__dir__)}/files/tree"
    end
  end
end
