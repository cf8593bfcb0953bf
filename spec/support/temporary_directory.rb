# frozen_string_literal: true

require "tmpdir"

# A directory of its own for each example that asks for one.
module TemporaryDirectory
  # Returns the absolute path, free of links. It goes with all it holds after the example.
  def temp_dir
    @temp_dir ||= File.realpath(Dir.mktmpdir("gbn-spec-"))
  end

  # rm and not FileUtils: it copes with paths beyond 4,096 bytes. Folders the example locked are opened first.
  def self.included(group)
    group.after do
      next unless @temp_dir

      system("chmod", "-R", "u+rwX", @temp_dir, err: File::NULL)
      system("rm", "-rf", "--", @temp_dir)
    end
  end
end
