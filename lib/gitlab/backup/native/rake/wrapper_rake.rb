# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # Runs a task as gitlab-rake does: in GitLab's folder and environment, and as GitLab's user.
      module WrapperRake
        # Some scripts want the task to stay root.
        KEEP_VARIABLE = "NO_PRIVILEGE_DROP"
        VARIABLE = /\A\w+=/n

        # words: what follows the task; installation: WrapperInstallation. Returns the exit
        # status. A process of its own does it: who starts it stays root.
        def self.call(task, words, installation)
          parent = Process.pid
          child = fork { run(parent, task, words, installation) }
          status = wait(child)
          status.signaled? ? 128 + status.termsig : status.exitstatus
        end

        # The signals of a terminal reach the child as well; those for us alone are passed on.
        # The child ends as it sees fit, and we after it.
        def self.wait(child)
          before = Signals::NAMES.to_h { |name| [name, trap(name) { pass(name, child) }] }
          Process.wait2(child).last
        ensure
          before&.each { |name, handler| trap(name, handler || "DEFAULT") }
        end
        private_class_method :wait

        def self.pass(name, child)
          Process.kill(name, child)
        rescue SystemCallError
          nil
        end
        private_class_method :pass

        def self.run(parent, task, words, installation)
          ENV.update(installation.environment)
          drop(installation.account)
          exit(1) unless Child.follow(parent)
          enter(installation)
          require_relative "../tasks"
          application = ::Rake.application
          application.standard_exception_handling do
            application.init("gitlab-backup", [task, *assign(words)])
            refuse(application.top_level_tasks)
            application.top_level
          end
        end
        private_class_method :run

        # GitLab's folder may be closed to GitLab's user, when it was open to root.
        def self.enter(installation)
          Dir.chdir(installation.root)
        rescue SystemCallError => e
          account = Account.name_of(Process.euid)
          warn("cannot enter #{Printable.name(installation.root)} as #{account}: " \
               "#{Failure.plain(e)}: let that user reach GitLab's folder and those it lies in")
          exit(2)
        end
        private_class_method :enter

        # NAME=VALUE into the environment, whatever bytes a value has: Rake wants text. Returns the other words.
        def self.assign(words)
          variables, others = words.partition { |word| word.b.match?(VARIABLE) }
          variables.each { |word| ENV.store(*word.b.split("=", 2)) }
          others
        end
        private_class_method :assign

        # Rake would find out after hours, when the tasks before it are done.
        def self.refuse(tasks)
          unknown = tasks.find { |name| !::Rake::Task.task_defined?(name[/\A[^\[]*/]) }
          return unless unknown

          warn("#{Printable.name(unknown)} is neither NAME=VALUE nor a task: a value with a blank in it needs quotes")
          exit(1)
        end
        private_class_method :refuse

        def self.drop(account)
          return unless account && ENV[KEEP_VARIABLE].to_s.empty?

          Process.groups = account.groups
          Process::GID.change_privilege(account.gid)
          Process::UID.change_privilege(account.uid)
        end
        private_class_method :drop
      end
    end
  end
end
