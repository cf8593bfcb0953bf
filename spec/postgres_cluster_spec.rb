# frozen_string_literal: true

require "rbconfig"

RSpec.describe PostgresCluster do
  include DatabaseInstance

  let(:program) do
    <<~'RUBY'
      require ARGV.first
      cluster = PostgresCluster.new.start
      puts cluster.directory, File.readlines("#{cluster.directory}/data/postmaster.pid").first
      $stdout.flush
      sleep
    RUBY
  end

  # Yields the maker's pid, the cluster's folder and the server's pid.
  def cluster_of_another_process
    support = File.expand_path("support/postgres_cluster.rb", __dir__)
    output, input = IO.pipe
    maker = spawn(RbConfig.ruby, "-e", program, support, out: input, err: File::NULL)
    input.close
    yield maker, output.gets.chomp, output.gets.to_i
  ensure
    output&.close
  end

  def running?(pid)
    File.read("/proc/#{pid}/stat").split[2] != "Z" # nobody may be there to reap it
  rescue Errno::ENOENT, Errno::ESRCH
    false
  end

  %w[INT TERM].each do |signal|
    it "is stopped and removed when its maker ends by #{signal}" do
      cluster_of_another_process do |maker, directory, server|
        Process.kill(signal, maker)
        Process.wait(maker)
        expect([File.exist?(directory), running?(server)]).to eq([false, false])
      end
    end
  end

  it "is stopped by the kernel when its maker is killed" do
    cluster_of_another_process do |maker, directory, server|
      Process.kill(:KILL, maker)
      Process.wait(maker)
      eventually { !running?(server) }
    ensure
      FileUtils.rm_rf(directory)
    end
  end
end
