# frozen_string_literal: true

require "open3"

module Checks
  # The extension shares a process with the whole of Rails: it exports the one
  # function Ruby calls and nothing that could clash.
  class Symbols
    INIT = "Init_gitlab_backup_native"
    # What the linker itself adds.
    LINKER = %w[_init _fini _edata _end __bss_start].freeze

    def initialize(library = "lib/gitlab/backup/native/gitlab_backup_native.so")
      @library = library
    end

    # Array of Strings, one a symbol too many or too few.
    def problems
      exported = names
      missing = exported.include?(INIT) ? [] : ["#{@library}: #{INIT} is not exported: is it RUBY_FUNC_EXPORTED?"]
      missing + (exported - [INIT, *LINKER]).map { |name| "#{@library}: exports #{name}: make it static" }
    end

    private

    def names
      output, status = Open3.capture2("nm", "--dynamic", "--defined-only", "--format=posix", @library)
      raise "nm cannot read #{@library}: run rake compile" unless status.success?

      output.lines.map { |line| line.split.first }
    end
  end
end
