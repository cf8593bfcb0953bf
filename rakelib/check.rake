# frozen_string_literal: true

require_relative "support/checks/layers"
require_relative "support/checks/manifest"
require_relative "support/checks/portable"
require_relative "support/checks/sizes"
require_relative "support/checks/symbols"
require_relative "support/verdict"

desc "Check what no compiler and no linter sees"
task "check" => %w[check:layers check:symbols check:manifest check:sizes check:portable]

desc "Check which module of the core includes which"
task("check:layers") { Verdict.on("layers", Checks::Layers.new.problems) }

desc "Check that the extension exports its Init function only"
task("check:symbols" => "compile") { Verdict.on("symbols", Checks::Symbols.new.problems) }

desc "Check that the gem carries what the tree has"
task("check:manifest") { Verdict.on("manifest", Checks::Manifest.new("gitlab-backup-native.gemspec").problems) }

desc "Check the lengths of files and functions"
task("check:sizes") { Verdict.on("sizes", Checks::Sizes.new.problems, notes: Checks::Sizes.new.notes) }

desc "Check that nothing names this machine or a package registry"
task("check:portable") { Verdict.on("portable", Checks::Portable.new.problems) }
