# frozen_string_literal: true

require "open3"
require_relative "tiny_instance"

# Runs of GitLab's tasks: by rake itself, from a Rakefile in the Rails folder.
module TaskRuns
  RAKE = Gem.bin_path("rake", "rake")
  # What Bundler has found, for processes without it.
  LIBRARIES = Gem.loaded_specs.values.flat_map(&:full_require_paths).uniq
                 .unshift(File.expand_path("../../lib", __dir__)).join(":").freeze
  # The components a TinyInstance does not have.
  NO_DATABASE = "db,repositories"
  # The time in front of a line, in UTC.
  TIME = /\A\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC -- /

  # Writes the Rakefile, and makes the folder of GitLab's logs; before, more: Ruby around our line. Returns root.
  def rakefile(root, more = "", before: "")
    FileUtils.mkdir_p("#{root}/log")
    TinyInstance.instance_method(:write).bind_call(self, "#{root}/Rakefile",
                                                   "#{before}\nrequire 'gitlab/backup/native/tasks'\n#{more}\n")
    root
  end

  # Runs rake with these words (tasks, options, NAME=VALUE) to its end. Returns a TinyInstance::Result.
  def rake(root, *words, environment: {}, **options)
    rakefile(root) unless File.exist?("#{root}/Rakefile")
    command = [task_environment(environment), *rake_command(words)]
    TinyInstance::Result.new(*Open3.capture3(*command, chdir: root, **options))
  end

  # Starts the same; yields [pid, IO of its output, IO of its input], and waits for the end afterwards.
  # Returns the status.
  def rake_meanwhile(root, *words, environment: {})
    input, output, pid = started(root, words, environment)
    yield pid, output, input
    input.close unless input.closed?
    Process.wait2(pid).last.tap { pid = nil }
  ensure
    [input, output].each(&:close)
    Process.kill(:KILL, pid) && Process.wait(pid) if pid
  end

  # Messages of the lines of an output: those with a time, without it.
  def messages(text)
    text.lines(chomp: true).grep(TIME).map { |line| line.sub(TIME, "") }
  end

  private

  def task_environment(more)
    TinyInstance::ENVIRONMENT.merge("RUBYLIB" => LIBRARIES, "CRON" => nil, "SKIP" => nil, "BACKUP" => nil, **more)
  end

  def rake_command(words)
    [RbConfig.ruby, RAKE, *words]
  end

  def started(root, words, environment)
    input, writer = IO.pipe
    reader, output = IO.pipe
    pid = spawn(task_environment(environment), *rake_command(words), chdir: root, in: input, out: output, err: output)
    [input, output].each(&:close)
    [writer, reader, pid]
  end
end
