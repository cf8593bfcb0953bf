# frozen_string_literal: true

require "json"
require "open3"
require "optparse"
require "tmpdir"
require_relative "demo_instance"
require_relative "demo_run/checks"
require_relative "postgres_cluster"

# bin/demo, once everything is set up: makes an instance in a temporary folder, backs it up
# by the command line, and reads the backup back with nothing but ordinary programs.
class DemoRun
  CLI = File.expand_path("../../bin/gitlab-backup-cli", __dir__)
  BULK = 25_000_000

  # What ends the demonstration; its message is for the user.
  class Failure < StandardError
  end

  # Returns the exit status: 0 when all checks are met.
  def self.main(arguments)
    keep = false
    OptionParser.new { |options| options.on("--keep") { keep = true } }.parse!(arguments)
    %w[TERM HUP].each { |signal| trap(signal) { raise SignalException, signal } }
    new(keep: keep).call ? 0 : 1
  rescue SignalException => e
    complain("interrupted, everything is removed", 128 + e.signo)
  rescue OptionParser::ParseError => e
    complain(e.message, 2)
  rescue StandardError => e
    complain(e.message, 1)
  end

  def self.complain(text, status)
    warn("bin/demo: #{text}")
    status
  end
  private_class_method :complain

  def initialize(keep:)
    @keep = keep
  end

  # Returns true when all checks are met. Whatever happens, nothing stays behind, except, with
  # `keep`, the folder of a demonstration that came to its end.
  def call
    make_instance
    back_up
    met = check
    tell_where
    @finished = true
    met
  ensure
    remove
  end

  private

  def make_instance
    heading("Making a small GitLab instance")
    @folder = File.realpath(Dir.mktmpdir("gbn-demo-"))
    File.chmod(0o755, @folder) # as root we have to show it to another account
    @cluster = PostgresCluster.new.start
    @instance = DemoInstance.create(@folder, cluster: @cluster, account: DemoInstance.default_account, bytes: BULK)
    puts "in #{@folder}: #{@instance.databases.size} databases, #{@instance.repositories.size} repositories, " \
         "#{@instance.folders.size} folders of files"
  end

  def back_up
    arguments = ["backup", "all", "--gitlab-path", @instance.root]
    heading("Running gitlab-backup-cli #{arguments.join(" ")}")
    began = now
    status = run(CLI, *arguments)
    raise Failure, "gitlab-backup-cli ended with #{status.exitstatus || status}" unless status.success?

    puts format("exit status 0 after %.1f s", now - began)
  end

  # Its own process group is ours: Ctrl-C reaches it too, and it cleans up by itself.
  def run(*command)
    pid = spawn(*command)
    Process.wait2(pid).last
  rescue SignalException => e
    Process.kill(e.signo, pid)
    Process.wait(pid)
    raise
  end

  def check
    heading("Reading the backup with ordinary programs")
    Checks.new(@instance, @cluster, backup, scratch: "#{@folder}/scratch").run { |verdict| puts verdict }
  end

  # Absolute path of the one backup there is, as `list` names it.
  def backup
    @backup ||= begin
      output, status = Open3.capture2(CLI, "list", "--json", "--gitlab-path", @instance.root)
      raise Failure, "gitlab-backup-cli list failed" unless status.success?

      "#{@instance.backup_path}/#{JSON.parse(output.lines.last).fetch("id")}"
    end
  end

  def tell_where
    heading("Where everything lies")
    puts "GitLab's folder  #{@instance.root}", "repositories     #{@instance.storage_path}"
    puts "the backup       #{backup}"
    Dir.children(backup).sort.each_slice(4) { |names| puts "                 #{names.join("  ")}" }
    puts "", @keep ? how_to_go_on : "Now it is all removed; bin/demo --keep leaves it."
  end

  def how_to_go_on
    ["Its database server is stopped. To look at the backup, and to remove it all:",
     "  bin/gitlab-backup-cli show #{File.basename(backup)} --gitlab-path #{@instance.root}", "  rm -rf #{@folder}"]
  end

  # A second Ctrl-C has to wait. rm and not FileUtils: it copes with any name.
  def remove
    trap("INT", "IGNORE")
    @cluster&.remove
    system("rm", "-rf", "--", @folder) if @folder && !(@keep && @finished)
  end

  def heading(text)
    puts "", "== #{text}", ""
    $stdout.flush
  end

  def now
    Process.clock_gettime(Process::CLOCK_MONOTONIC)
  end
end

exit DemoRun.main(ARGV) if $PROGRAM_NAME == __FILE__
