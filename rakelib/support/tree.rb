# frozen_string_literal: true

require "open3"

# The files of the checkout: what git has, or would take with `git add`.
module Tree
  # Another owner's checkout (CI) is no reason to refuse a listing.
  LISTING = %w[git -c safe.directory=* ls-files -z --cached --others --exclude-standard].freeze

  # Returns paths relative to `root`, sorted; nil where there is no git.
  def self.files(root)
    output, _, status = Open3.capture3(*LISTING, chdir: root)
    return unless status.success?

    output.split("\0").uniq.select { |path| File.file?(File.join(root, path)) }.sort
  rescue Errno::ENOENT
    nil
  end
end
