# frozen_string_literal: true

require "socket"

# PgBouncer before a PostgresCluster, on the loopback, gone with its maker.
class PgBouncer
  PROGRAM = ["pgbouncer", "/usr/sbin/pgbouncer"].freeze
  SETTINGS = { "listen_addr" => "127.0.0.1", "unix_socket_dir" => "", "auth_type" => "trust", "logfile" => "",
               "admin_users" => "postgres", "stats_users" => "postgres", "max_client_conn" => "50" }.freeze

  # Yields the PgBouncer; it ends with the block. settings: of its configuration, by name.
  def self.to(cluster, **settings)
    bouncer = new(cluster, settings.transform_keys(&:to_s))
    yield bouncer
  ensure
    bouncer&.close
  end

  # Absolute path, nil where it is not installed.
  def self.program
    PROGRAM.find { |name| system("which", name, out: File::NULL, err: File::NULL) }
  end

  def initialize(cluster, settings)
    @folder = Dir.mktmpdir("gbn-bouncer-")
    @port = TCPServer.open("127.0.0.1", 0) { |server| server.local_address.ip_port }
    write("#{@folder}/users", "\"postgres\" \"\"\n")
    write("#{@folder}/ini", configuration(cluster, settings.merge("listen_port" => @port, "auth_file" => "users")))
    start
  end

  # What database.yml has to say to come here.
  def place
    { "host" => "127.0.0.1", "port" => @port }
  end

  def close
    Process.kill(:KILL, @pid)
    Process.wait(@pid)
    FileUtils.rm_rf(@folder)
  end

  private

  def write(path, text)
    File.write(path, text)
    File.chmod(0o644, path)
  end

  def configuration(cluster, settings)
    lines = SETTINGS.merge(settings).map { |name, value| "#{name} = #{value}" }
    ["[databases]", "* = host=#{cluster.directory} port=5432", "[pgbouncer]", *lines, ""].join("\n")
  end

  # It refuses to run as root.
  def start
    File.chmod(0o755, @folder)
    as_account = Process.euid.zero? ? %w[--reuid nobody --regid nogroup --clear-groups] : []
    log = { in: File::NULL, out: "#{@folder}/log", err: "#{@folder}/log", chdir: @folder, pgroup: true }
    @pid = spawn("setpriv", *as_account, "--pdeathsig", "KILL", "--", self.class.program, "ini", log)
    600.times { reachable? ? return : sleep(0.05) }
    raise "PgBouncer does not start: #{File.read("#{@folder}/log")}"
  end

  def reachable?
    TCPSocket.open("127.0.0.1", @port, &:close)
    true
  rescue SystemCallError
    false
  end
end
