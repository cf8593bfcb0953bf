# frozen_string_literal: true

require "socket"

# The ways libpq finds to a server: all of them lead our connections and pg_dump's to the same.
RSpec.describe "A parallel dump's way to the server" do
  include DatabaseInstance
  include TinyInstance

  let(:root) { "#{temp_dir}/gitlab" }
  let(:home) { "#{temp_dir}/home" }
  let(:secret) { "se:cr\\et" }

  # What is not given here comes from the environment, or is libpq's default.
  def back_up(settings = {}, **environment)
    instance_with({ "main" => { "database" => "db_one" }.merge(settings) })
    FileUtils.mkdir_p(["#{root}/b", "#{root}/tmp", home])
    cli("backup", "all", "--gitlab-path", root, "--only", "db", "--jobs", "2", "--json",
        environment: { "HOME" => home }.merge(environment.transform_keys(&:to_s)))
  end

  def expect_parallel(result)
    expect(ending(result)["error"]).to be_nil
    expect(ending(result)["databases"]).to match([include("engine" => "parallel", "connections" => 2,
                                                          "chunks" => be >= 2)])
    expect(result.output + result.errors).not_to include(secret)
  end

  def failure(result)
    expect(result.status.exitstatus).to eq(1)
    ending(result)["error"]
  end

  def ending(result)
    events = result.output.lines.map { |line| JSON.parse(line) }
    events.find { |event| event["event"] == "component_finished" }
  end

  describe "with a password" do
    let(:cluster) { PostgresCluster.shared }

    before do
      database_instance("db_one", sql: "CREATE TABLE a AS SELECT 1 AS i; CREATE TABLE b AS SELECT 1 AS i")
      cluster.query("GRANT SELECT ON a, b TO PUBLIC", database: "db_one")
      cluster.create_role("with_password", password: secret)
    end

    let(:place) { { PGHOST: cluster.directory, PGUSER: "with_password" } }

    it "takes it from the variable" do
      expect_parallel(back_up(PGPASSWORD: secret, **place))
    end

    it "takes it from ~/.pgpass and from the file a variable names" do
      line = "*:*:db_one:with_password:#{secret.gsub(/[:\\]/) { |char| "\\#{char}" }}\n"
      write("#{home}/.pgpass", line)
      write("#{temp_dir}/other", line)
      ["#{home}/.pgpass", "#{temp_dir}/other"].each { |path| File.chmod(0o600, path) }
      expect_parallel(back_up(**place))
      FileUtils.rm("#{home}/.pgpass")
      expect_parallel(back_up(PGPASSFILE: "#{temp_dir}/other", **place))
    end

    it "takes it, and the rest, from a service" do
      write("#{temp_dir}/services", "[gitlab]\nhost=#{cluster.directory}\nuser=with_password\npassword=#{secret}\n")
      expect_parallel(back_up(PGSERVICEFILE: "#{temp_dir}/services", PGSERVICE: "gitlab"))
    end

    it "shows it to nobody who looks at the processes, nor in a log" do
      seen = []
      enough = -> { seen.size >= 40 && seen.any?(/pg_dump --clean/) } # it waits for each look, as all its bytes do
      look = ->(_bytes) { seen << `ps -eo args` unless enough.call }
      DatabaseRelay.to(cluster, before: look) do |relay|
        expect_parallel(back_up(relay.place.merge("username" => "with_password", "password" => secret)))
      end
      expect(seen.join).to match(/pg_dump --clean/)
      expect(seen.join).not_to include(secret)
      expect(Dir["#{root}/**/*"].select { |path| File.file?(path) && !path.end_with?("database.yml") }
        .select { |path| File.binread(path).include?(secret) }).to eq([])
    end

    it "says that it is wrong, in one line without it" do
      settings = { "host" => cluster.directory, "username" => "with_password", "password" => "x#{secret}" }
      message = failure(back_up(settings))
      expect(message).to match(/cannot connect to .* \(host '#{cluster.directory}', .*: .*password authentication /)
      expect(message).not_to include(secret)
    end
  end

  describe "over TCP" do
    let(:hba) do
      "local all all trust\nhostssl all certain all cert\nhostssl all secure all trust\nhost all plain all trust\n"
    end
    let(:certificates) { Certificates.new }
    let(:cluster) do
      port = TCPServer.open("127.0.0.1", 0) { |server| server.local_address.ip_port }
      PostgresCluster.new(port: port, listen_addresses: "127.0.0.1,::1", ssl: "on", ssl_ca_file: "ca.crt")
    end
    let(:trusting) { { "sslmode" => "verify-full", "sslrootcert" => write("#{temp_dir}/ca.crt", certificates.pem) } }

    before do
      server = certificates.issue("localhost", "DNS:localhost,IP:127.0.0.1")
      { "server.crt" => server.certificate.to_pem, "server.key" => server.key.to_pem, "ca.crt" => certificates.pem,
        "pg_hba.conf" => hba }.each { |name, text| put(name, text) }
      cluster.start
      %w[certain secure plain].each { |role| cluster.query("CREATE ROLE #{role} LOGIN SUPERUSER") }
      cluster.create_database("db_one")
      cluster.query("CREATE TABLE a AS SELECT 1 AS i; CREATE TABLE b AS SELECT 1 AS i", database: "db_one")
    end

    after { cluster.remove }

    # The server takes its key from nobody else.
    def put(name, text)
      path = write("#{cluster.directory}/data/#{name}", text)
      owner = File.stat("#{cluster.directory}/data")
      File.chown(owner.uid, owner.gid, path)
      File.chmod(0o600, path)
    end

    def place(host, user)
      { "host" => host, "port" => cluster.port, "username" => user }
    end

    it "is IPv4 or IPv6" do
      %w[127.0.0.1 ::1].each { |host| expect_parallel(back_up(place(host, "plain"))) }
    end

    it "is TLS to the server that is meant" do
      expect_parallel(back_up(place("localhost", "secure").merge(trusting)))
      other = write("#{temp_dir}/other.crt", Certificates.new.pem)
      message = failure(back_up(place("localhost", "secure").merge(trusting, "sslrootcert" => other)))
      expect(message).to match(/cannot connect .*host 'localhost', port '#{cluster.port}'.* failed: SSL error: /)
    end

    it "is TLS with a certificate of ours" do
      ours = certificates.issue("certain")
      files = { "sslcert" => write("#{temp_dir}/us.crt", ours.certificate.to_pem),
                "sslkey" => write("#{temp_dir}/us.key", ours.key.to_pem) }
      File.chmod(0o600, *files.values)
      expect_parallel(back_up(place("localhost", "certain").merge(trusting, files)))
      expect(failure(back_up(place("localhost", "certain").merge(trusting)))).to match(/requires a valid client cert/)
    end

    it "is TLS by the variables as well" do
      place = { PGHOST: "localhost", PGPORT: cluster.port.to_s, PGUSER: "secure" }
      expect_parallel(back_up(**place, PGSSLMODE: "verify-full", PGSSLROOTCERT: trusting["sslrootcert"]))
    end
  end
end
