# frozen_string_literal: true

require "json"
require "open3"
require "optparse"
require_relative "demo_run/checks"
require_relative "demo_run/command"
require_relative "demo_run/stage"

# bin/demo, once everything is set up: makes an instance in a temporary folder, backs it up
# by the command line, reads the backup with nothing but ordinary programs, destroys the
# instance, restores the backup into a second one, and compares the two.
class DemoRun
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
    @stage = Stage.new
  end

  # Returns true when all checks are met. Whatever happens, nothing stays behind, except, with
  # `keep`, the folder of a demonstration that came to its end.
  def call
    make_instance
    back_up
    met = check
    destroy
    restore
    met = compare && met
    conclude(met)
    @finished = true
    met
  ensure
    remove
  end

  private

  def make_instance
    heading("Making a small GitLab instance")
    instance = @stage.set(bytes: BULK)
    puts "in #{@stage.folder}: #{instance.databases.size} databases, #{instance.repositories.size} repositories, " \
         "#{instance.folders.size} folders of files"
  end

  def back_up
    gitlab_backup_cli("backup", "all", "--gitlab-path", @stage.first.root)
  end

  def gitlab_backup_cli(*arguments)
    heading("Running gitlab-backup-cli #{arguments.join(" ")}")
    began = now
    status = Command.new(arguments).run
    raise Failure, "gitlab-backup-cli ended with #{status.exitstatus || status}" unless status.success?

    puts format("exit status 0 after %.1f s", now - began)
  end

  def check
    heading("Reading the backup with ordinary programs")
    backup = "#{@stage.first.backup_path}/#{id}"
    Checks.new(@stage.first, @stage.cluster, backup, scratch: "#{@stage.folder}/scratch").run { |one| puts one }
  end

  # Id of the one backup there is, as `list` names it.
  def id
    @id ||= begin
      output, status = Open3.capture2(Command::PATH, "list", "--json", "--gitlab-path", @stage.first.root)
      raise Failure, "gitlab-backup-cli list failed" unless status.success?

      JSON.parse(output.lines.last).fetch("id")
    end
  end

  def destroy
    heading("Destroying the instance, all but the backup, and making a second, empty one")
    @stage.destroy(id)
    puts "in #{@stage.second.root}, with databases of its own and nothing in them"
  end

  def restore
    gitlab_backup_cli("restore", "all", id, "--yes", "--gitlab-path", @stage.second.root)
  end

  def compare
    heading("Comparing what came back with what was destroyed")
    @stage.comparison.run { |one| puts one }
  end

  def conclude(met)
    heading(met ? "Everything came back" : "FAILED: see above")
    puts @keep ? how_to_go_on : "Now it is all removed; bin/demo --keep leaves it."
  end

  def how_to_go_on
    ["Its database server is stopped. To look at the backup, and to remove it all:",
     "  bin/gitlab-backup-cli show #{id} --gitlab-path #{@stage.second.root}", "  rm -rf #{@stage.folder}"]
  end

  # A second Ctrl-C has to wait.
  def remove
    trap("INT", "IGNORE")
    @stage.remove(keep: @keep && @finished)
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
