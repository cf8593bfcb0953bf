# frozen_string_literal: true

# The processes there are now, as ps tells them; zombies too.
module Processes
  # Returns the ids of this process' own children.
  def self.children
    table.filter_map { |parent, line| line.to_i if parent == Process.pid }
  end

  # Returns how many descriptors this process has open; none of those that earlier examples forgot.
  def self.descriptors
    GC.start
    Dir.children("/proc/self/fd").size
  end

  # Returns the children and theirs, parents first: lines of pid, state and command.
  def self.descendants
    wanted = [Process.pid]
    table.filter_map do |parent, line|
      next unless wanted.include?(parent)

      wanted << line.to_i
      line
    end
  end

  # Returns for how many seconds the process has been there, 0 when it is gone.
  def self.age(pid)
    IO.popen(["ps", "-o", "etimes=", "-p", pid.to_s], &:read).to_i
  end

  # Pairs of a parent's id and the line of its child; without the ps that tells them.
  def self.table
    IO.popen(%w[ps -eo ppid=,pid=,stat=,args=]) do |ps|
      ps.each_line.map { |line| line.strip.split(" ", 2) }
        .filter_map { |parent, line| [parent.to_i, line] unless line.to_i == ps.pid }
    end
  end
  private_class_method :table
end
