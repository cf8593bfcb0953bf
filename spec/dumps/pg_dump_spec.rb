# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::PgDump do
  let(:snapshot) do
    database = Struct.new(:description, :database).new("host 'h', port '5432', database 'd'", "d")
    Struct.new(:server_major, :database, :id).new(16, database, "S")
  end

  def tool(folder, version)
    path = "#{temp_dir}/#{folder}/pg_dump"
    FileUtils.mkdir_p(File.dirname(path))
    File.write(path, "#!/bin/sh\necho 'pg_dump (PostgreSQL) #{version}'\n")
    File.chmod(0o755, path)
    path
  end

  def find(folders: [], path: "")
    before = ENV.fetch("PATH")
    ENV["PATH"] = path
    described_class.new(install: "#{temp_dir}/opt", account: nil, folders: folders).path_for(snapshot)
  ensure
    ENV["PATH"] = before
  end

  it "prefers the Linux package's, then PATH's, then the newest of PostgreSQL's own folders" do
    nine = tool("pg/9/bin", "16.2")
    ten = tool("pg/17/bin", "17.1")
    folders = ["#{temp_dir}/pg/*/bin"]
    expect(find(folders: folders)).to eq(ten)
    FileUtils.rm_f(ten)
    expect(find(folders: folders)).to eq(nine)
    in_path = tool("path", "16.1 (Debian 16.1-1)")
    expect(find(folders: folders, path: "#{temp_dir}/path")).to eq(in_path)
    package = tool("opt/embedded/bin", "17devel")
    expect(find(folders: folders, path: "#{temp_dir}/path")).to eq(package)
  end

  it "passes over one that is older than the server or does not run" do
    tool("opt/embedded/bin", "15.4")
    File.write(tool("path", "16"), "#!/no/such/interpreter\n")
    newer = tool("pg/16/bin", "16.0")
    expect(find(folders: ["#{temp_dir}/pg/*/bin"], path: "#{temp_dir}/path")).to eq(newer)
  end

  it "finds the one of the server's very version, if there is one" do
    tools = described_class.new(install: nil, account: nil, folders: ["#{temp_dir}/pg/*/bin"])
    tool("pg/17/bin", "17.1")
    expect(tools.equal_to(snapshot)).to be_nil
    same = tool("pg/16/bin", "16.9")
    tools = described_class.new(install: nil, account: nil, folders: ["#{temp_dir}/pg/*/bin"])
    expect([tools.equal_to(snapshot), tools.major(same)]).to eq([same, 16])
  end

  it "names the package to install when there is none" do
    expect { find }.to raise_error(Gitlab::Backup::Native::Error, /\Apg_dump not found .*postgresql-client-16/)
  end

  it "names versions, server and the package to install when all are older" do
    old = tool("path", "15.4")
    expect { find(path: "#{temp_dir}/path") }
      .to raise_error(Gitlab::Backup::Native::Error,
                      /the server's version 16 \(host 'h'.*#{old} is version 15\): install .*-16/)
  end

  it "asks for a dump in GitLab's form" do
    expect(described_class.arguments("/bin/pg_dump", snapshot))
      .to eq(["/bin/pg_dump", "--clean", "--if-exists", "--snapshot=S", "d"])
  end
end
