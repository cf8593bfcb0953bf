# frozen_string_literal: true

require "fileutils"

# Runs a Criterion test program. The environment's ONLY is a pattern of
# suite/test names.
#
# A test counts as passed before its process ends, so what a suite's .fini asserts and what a checker says, leaks above
# all, would change nothing: the first is looked for in the output, and the second writes to files, in which any text
# is a failure.
module Criterion
  # Criterion starts itself anew for each test; tar, gzip and the like are left in peace.
  VALGRIND = ["valgrind", "--quiet", "--trace-children=yes", "--trace-children-skip=/bin/*,/usr/bin/*", "--vgdb=no",
              "--child-silent-after-fork=yes", "--leak-check=full", "--show-leak-kinds=definite",
              "--errors-for-leak-kinds=definite", "--error-exitcode=99",
              "--suppressions=#{File.expand_path("test/support/valgrind.supp")}"].freeze

  ASSERTION = "Assertion Failed"
  # What a test program's output ends with is often all that is kept of it.
  LINES_OF_A_FAILURE = 12

  module_function

  def run(program)
    start([program])
  end

  # For a program compiled with the sanitizers.
  def sanitized(program)
    checked(program) do |log|
      known = File.expand_path("test/support/lsan.supp")
      start([program], "ASAN_OPTIONS" => "log_path=#{log}:allocator_may_return_null=1",
                       "LSAN_OPTIONS" => "suppressions=#{known}:print_suppressions=0",
                       "UBSAN_OPTIONS" => "print_stacktrace=1")
    end
  end

  def valgrind(program)
    checked(program) { |log| start([*VALGRIND, "--log-file=#{log}.%p", program, "--timeout", "120"]) }
  end

  def start(command, environment = {})
    only = ENV["ONLY"] ? ["--filter", ENV["ONLY"]] : []
    output, status = shown(environment, [*command, *only])
    return if status.success? && !output.include?(ASSERTION)

    puts("", *failures(output))
    abort("C tests failed: #{status}")
  end

  # Runs a command and shows what it prints. Returns that, and its Process::Status.
  def shown(environment, command)
    output = +""
    IO.popen(environment, command, in: File::NULL, err: %i[child out]) do |io|
      io.each_line do |line|
        print(line)
        output << line
      end
    end
    [output, Process.last_status]
  end

  # Returns of each test that failed the last lines about it, which end with its name, or those of what was found after
  # the last test.
  def failures(output)
    blocks = output.scrub.lines.slice_after(/\A\[FAIL\]/)
    wanted = blocks.select { |lines| lines.last.start_with?("[FAIL]") || lines.any?(/#{ASSERTION}/o) }
    wanted.map { |lines| lines.last(LINES_OF_A_FAILURE).join }
  end

  def checked(program)
    folder = File.join(File.dirname(File.expand_path(program)), "reports")
    FileUtils.rm_rf(folder)
    FileUtils.mkdir_p(folder)
    File.chmod(0o1777, folder) # some tests become another user
    yield File.join(folder, "report")
  ensure
    reports = Dir[File.join(folder, "*")].map { |path| findings(path) }.reject(&:empty?)
    reports.each { |lines| warn lines.join }
    abort "#{reports.size} processes had reports" unless reports.empty?
  end

  # Asking for more memory than there is happens on purpose.
  def findings(report)
    File.readlines(report).grep_v(/WARNING: AddressSanitizer failed to allocate/)
  end
end
