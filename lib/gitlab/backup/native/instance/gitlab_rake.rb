# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # gitlab-rake, by which GitLab's own tasks run in GitLab's own Ruby.
      class GitlabRake
        PROGRAM = "gitlab-rake"
        # Of our Ruby, not of GitLab's.
        FOREIGN = /\A(?:BUNDLE|BUNDLER|GEM|RUBY)/

        # The one for the Instance, nil where there is none.
        def self.find(instance)
          path = Executables.all(PROGRAM, more: [instance.install_path && "#{instance.install_path}/bin"].compact).first
          new(path) if path
        end

        # String: absolute
        attr_reader :path

        def initialize(path)
          @path = path
        end

        # Runs the task. Returns as Child.capture. Raises Error; blocks until it has ended.
        def capture(task, environment = {})
          Child.capture([path, task], env: environment, unset: foreign)
        end

        # The same with our own streams. Returns its exit status, 128 and the signal's number if one has ended it.
        def call(task, environment = {})
          streams = { stdin: $stdin, stdout: $stdout, stderr: $stderr }
          Child.start([path, task], env: environment, unset: foreign, chdir: Dir.pwd, **streams) do |child|
            status = child.wait
            status.exitstatus || (128 + status.termsig)
          end
        end

        private

        def foreign
          ENV.keys.grep(FOREIGN)
        end
      end
    end
  end
end
