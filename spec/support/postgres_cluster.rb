# frozen_string_literal: true

require "etc"
require "fileutils"
require "open3"
require "tmpdir"

# A private PostgreSQL server on a unix socket in a temporary folder, gone with its
# maker: stopped and removed at exit, and told by the kernel when its maker is killed.
# Depends on nothing but the PostgreSQL programs, so bin/demo uses it too.
class PostgresCluster
  SUPERUSER = "postgres"
  # As for root no server starts: it runs as the first of these accounts.
  ACCOUNTS = %w[postgres nobody].freeze
  # Members of these roles have to prove who they are, everybody else is trusted.
  HBA = <<~CONF
    local all +password_roles scram-sha-256
    local all +peer_roles peer
    local all,replication all trust
  CONF
  # Speed over safety: nothing in here outlives the process.
  SETTINGS = { "listen_addresses" => "", "fsync" => "off", "full_page_writes" => "off", "synchronous_commit" => "off",
               "max_connections" => "60", "autovacuum" => "off", "shared_buffers" => "32MB",
               "log_min_messages" => "fatal", "jit" => "off" }.freeze
  START_SECONDS = 60

  # The cluster of this process, started when it is first asked for.
  def self.shared
    @shared ||= new.start
  end

  # Folder with initdb and postgres: PATH's, else the newest of PostgreSQL's own. Raises when there is none.
  def self.bin_folder
    versioned = Dir["/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin"].sort_by { |folder| -folder[/\d+/].to_i }
    (ENV.fetch("PATH", "").split(":") + versioned)
      .find { |folder| %w[initdb postgres psql].all? { |name| File.executable?("#{folder}/#{name}") } } ||
      raise("no PostgreSQL server programs found: install the package postgresql")
  end

  # String: the socket's folder, what libpq takes as host
  attr_reader :directory
  # Integer
  attr_reader :port

  # primary: a PostgresCluster that runs, to which this one is to be a standby. settings: over SETTINGS.
  def initialize(primary: nil, port: 5432, **settings)
    @port = port
    base = Dir.tmpdir.size < 50 ? Dir.tmpdir : "/tmp" # a socket's path may have 107 bytes
    @directory = File.realpath(Dir.mktmpdir("gbn-pg-", base))
    @bin = self.class.bin_folder
    @account = Process.euid.zero? ? ACCOUNTS.find { |name| account?(name) } : nil
    maker = Process.pid
    at_exit { remove if Process.pid == maker }
    prepare(primary)
    configure(settings.merge(port: port).transform_keys(&:to_s)) unless primary
  end

  # Starts the server and returns self once it takes connections. The thread that
  # calls this has to outlive the server.
  def start
    log = ["#{directory}/log", "a"]
    options = { in: File::NULL, out: log, err: log, chdir: directory, pgroup: true } # Ctrl-C is for us alone
    @pid = spawn(*as_account, "#{@bin}/postgres", "-D", data, "-k", directory, options)
    wait_until_ready
    self
  end

  # mode: :fast rolls back and disconnects, :immediate is a crash
  def stop(mode = :fast)
    return unless @pid

    Process.kill(mode == :immediate ? :QUIT : :INT, @pid)
    Process.wait(@pid)
  rescue Errno::ESRCH, Errno::ECHILD
    nil
  ensure
    @pid = nil
  end

  def remove
    stop(:immediate)
    FileUtils.rm_rf(directory)
  end

  # auth: nil (trusted), :password or :peer. A role that exists gets the password.
  def create_role(name, password: nil, auth: password && :password)
    known = query("SELECT 1 FROM pg_roles WHERE rolname = #{literal(name)}") == "1"
    query("#{known ? "ALTER" : "CREATE"} ROLE #{identifier(name)} LOGIN#{" PASSWORD #{literal(password)}" if password}")
    query("GRANT #{auth}_roles TO #{identifier(name)}") if auth
  end

  # A new, empty database in the place of one of that name.
  def create_database(name, owner: SUPERUSER)
    query("DROP DATABASE IF EXISTS #{identifier(name)} WITH (FORCE)")
    query("CREATE DATABASE #{identifier(name)} OWNER #{identifier(owner)} TEMPLATE template0")
  end

  # Runs one or more statements by psql and returns what they print, without its last newline.
  def query(sql, database: SUPERUSER, user: SUPERUSER)
    variables = { "PGHOST" => directory, "PGUSER" => user, "PGDATABASE" => database, "PGPORT" => port.to_s }
    output, status = Open3.capture2e(variables, "#{@bin}/psql", "-XqAt", "-v", "ON_ERROR_STOP=1", stdin_data: sql)
    status.success? ? output.chomp : raise("psql: #{output}")
  end

  private

  def data
    "#{directory}/data"
  end

  def account?(name)
    Etc.getpwnam(name)
  rescue ArgumentError
    false
  end

  # Others may reach the socket, only the server its data.
  def prepare(primary)
    File.chmod(0o755, directory)
    FileUtils.chown(@account, nil, directory) if @account
    output, status = Open3.capture2e(*as_account, *(primary ? copying(primary) : making), chdir: directory)
    raise "#{output} (#{status})" unless status.success?
  end

  def making
    ["#{@bin}/initdb", "-D", data, "-U", SUPERUSER, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync",
     "--no-instructions"]
  end

  def copying(primary)
    ["#{@bin}/pg_basebackup", "-h", primary.directory, "-U", SUPERUSER, "-D", data, "-R", "-c", "fast", "--no-sync"]
  end

  def configure(settings)
    File.write("#{data}/pg_hba.conf", HBA)
    lines = SETTINGS.merge(settings).map { |name, value| "#{name} = '#{value}'\n" }
    File.write("#{data}/postgresql.auto.conf", lines.join)
  end

  # setpriv dies into the program; INT is PostgreSQL's fast shutdown.
  def as_account
    return ["setpriv", "--pdeathsig", "INT", "--"] unless @account

    group = Etc.getgrgid(Etc.getpwnam(@account).gid).name
    ["setpriv", "--reuid", @account, "--regid", group, "--init-groups", "--pdeathsig", "INT", "--"]
  end

  def wait_until_ready
    deadline = Process.clock_gettime(Process::CLOCK_MONOTONIC) + START_SECONDS
    until ready?
      raise "PostgreSQL ended: #{File.read("#{directory}/log")}" if Process.wait(@pid, Process::WNOHANG)
      raise "PostgreSQL does not start" if Process.clock_gettime(Process::CLOCK_MONOTONIC) > deadline

      sleep 0.01
    end
    create_groups
  end

  # The server's own word: the last line of its PID file.
  def ready?
    File.read("#{data}/postmaster.pid").lines[7].to_s.start_with?("ready")
  rescue Errno::ENOENT
    false
  end

  def create_groups
    %w[password_roles peer_roles].each do |name|
      query("CREATE ROLE #{name}") if query("SELECT 1 FROM pg_roles WHERE rolname = '#{name}'").empty?
    end
  end

  def literal(text)
    "'#{text.gsub("'", "''")}'"
  end

  def identifier(name)
    "\"#{name.gsub("\"", "\"\"")}\""
  end
end
