# frozen_string_literal: true

require_relative "support/readers"

desc "Print who reads our gzip files and whose we read, as docs/format/gzip.md has it"
task("readers" => "compile") { Readers.print }
