# frozen_string_literal: true

require_relative "lib/gitlab/backup/native/version"

Gem::Specification.new do |spec|
  spec.name = "gitlab-backup-native"
  spec.version = Gitlab::Backup::Native::VERSION
  spec.summary = "Backs up, verifies, restores and migrates GitLab, with the hot paths in C"
  spec.description = "Speaks GitLab's own backup commands and writes files that tar, gzip, psql and git can read."
  spec.authors = ["The gitlab-backup-native authors"]
  spec.license = "MIT"
  spec.required_ruby_version = ">= 3.1"
  spec.metadata = { "rubygems_mfa_required" => "true" }

  spec.files = Dir.chdir(__dir__) do
    Dir["exe/*", "ext/gitlab_backup_native/{depend,extconf.rb}", "ext/gitlab_backup_native/{core,glue}/*.[ch]",
        "lib/**/*.rb", "docs/**/*.md", "CHANGELOG.md", "LICENSE", "README.md"]
  end
  spec.bindir = "exe"
  spec.executables = spec.files.grep(%r{\Aexe/}) { |path| File.basename(path) }
  spec.extensions = ["ext/gitlab_backup_native/extconf.rb"]
  spec.require_paths = ["lib"]

  spec.add_dependency "pg", "~> 1.4"
  spec.add_dependency "rake", "~> 13.0"
  spec.add_dependency "thor", "~> 1.2"
  spec.add_dependency "tomlrb", ">= 2.0", "< 4"
  spec.add_dependency "tty-progressbar", "~> 0.18"
  spec.add_dependency "tzinfo", "~> 2.0"
end
