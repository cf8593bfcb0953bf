# frozen_string_literal: true

require "open3"
require "pty"
require_relative "terminals"

# Runs of `restore`, and what is in a folder before and after. For those who include TinyInstance.
module Restores
  include Terminals

  # `restore all` of the files of the instance at `root`, without a question.
  def restore(root, id, *arguments, **options)
    cli("restore", "all", id, "--gitlab-path", root, "--yes", *arguments, **options)
  end

  # `restore undo` or `restore settle` likewise.
  def after_restore(root, command, *arguments, **options)
    cli("restore", command, "--gitlab-path", root, "--yes", *arguments, **options)
  end

  # What find tells of everything in the folder that is GitLab's, links in its path followed; nanoseconds
  # included. A folder's size and number of links are its file system's affair.
  def tree(folder)
    kinds = ["(", "-type", "d", "-printf", '%P %y %m %T@ - - - %U %G\0', "-o",
             "-printf", '%P %y %m %T@ %s %l %n %U %G\0', ")"]
    Open3.capture3("find", "#{folder}/", "-name", ".gbn-*", "-prune", "-o", *kinds).first.split("\0").sort
  end

  # Content of all files below the folder but ours.
  def contents(folder)
    names = Dir.glob("**/*", File::FNM_DOTMATCH, base: folder).select { |name| File.file?("#{folder}/#{name}") }
    names.reject { |name| name.start_with?(".gbn-") }.to_h { |name| [name, File.binread("#{folder}/#{name}")] }
  end

  # Paths with one of our names below the folder: what should be gone.
  def ours_below(folder)
    Dir.glob("**/{.gbn-*,*.before}", File::FNM_DOTMATCH, base: folder)
  end

  # Runs the command on a terminal of its own; gives it these lines, one for each question.
  # Returns [what it showed, exit status].
  def on_terminal(*command, answers:)
    shown = +""
    PTY.spawn(TinyInstance::ENVIRONMENT, *command) do |output, input, pid|
      answers.each do |answer|
        shown << output.readpartial(4096) until shown.scan("(yes/no)?").size > answers.index(answer)
        input.puts(answer)
      end
      everything_on(output, shown)
      return [shown, Process.wait2(pid).last.exitstatus]
    end
  end
end
