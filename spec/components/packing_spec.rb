# frozen_string_literal: true

require "digest"
require "open3"
require "timeout"

# COMPRESS_CMD, judged by what its counterpart makes of the products.
RSpec.describe Gitlab::Backup::Native::Packing do
  include DatabaseInstance

  let(:native) { Gitlab::Backup::Native }
  let(:work) { "#{temp_dir}/work" }
  let(:uploads) { "#{temp_dir}/gitlab/public/uploads" }

  # Of the last run.
  def monitor
    @job.monitor
  end

  def task(**values)
    Struct.new(:strategy, :compress_cmd, :gzip_rsyncable, keyword_init: true).new(**values)
  end

  def files(instance)
    native::Component.all(instance).find { |component| component.id == "uploads" }
  end

  # Backs the component up with that command. Returns the Outcome. Raises Error.
  def back_up(component, instance, command, **values)
    @job = component_job(instance, directory: work)
    @job.options = task(compress_cmd: command, **values)
    component.backup(@job)
  end

  def back_up_uploads(command, **values)
    here = instance_of(config: { "gitlab" => { "user" => Etc.getpwuid.name }, "backup" => { "path" => "b" } })
    back_up(files(here), here, command, **values)
  end

  def output_of(command, path)
    output, status = Open3.capture2("sh", "-c", command, stdin_data: File.binread(path), binmode: true)
    expect(status).to be_success
    output
  end

  def left_over
    Dir.glob("#{work}/**/*").select { |path| File.file?(path) }
  end

  def manifest
    "#{work}/manifest/uploads.msgpack"
  end

  # What a manifest says of the thing it describes.
  def described(path)
    known = native::Manifest.new(path)
    [known.header.product, known.inner?, known.trailer.raw_size, known.trailer.sha256]
  end

  def write_uploads
    write("#{uploads}/a.txt", "content")
    write("#{uploads}/sub/größer.bin", Random.new(1).bytes(3_000_000))
  end

  it "has an archive that only the command's counterpart can read" do
    write_uploads
    outcome = back_up_uploads("xz -0 -c | tr 'a-z' 'n-za-m'")
    path = "#{work}/uploads.tar.gz"
    tar = output_of("tr 'a-z' 'n-za-m' | xz -dc", path)
    FileUtils.mkdir_p("#{temp_dir}/out")
    Open3.capture2("tar", "-C", "#{temp_dir}/out", "-xf", "-", stdin_data: tar, binmode: true)
    expect(system("diff", "-r", uploads, "#{temp_dir}/out")).to be(true)
    expect(outcome).to have_attributes(files: 2, raw: tar.bytesize, stored: File.size(path), problem_count: 0,
                                       products: { "uploads.tar.gz" => Digest::SHA256.file(path).hexdigest })
    expect([left_over, File.stat(path).mode & 0o777]).to match([[manifest, path], 0o600])
    expect(described(manifest)).to eq(["uploads.tar", true, tar.bytesize, Digest::SHA256.hexdigest(tar)])
    expect(native::Manifest.new(manifest).each_entry.filter_map(&:sha256))
      .to eq(%w[a.txt sub/größer.bin].map { |name| Digest::SHA256.file("#{uploads}/#{name}").hexdigest })
    expect([monitor.lines, monitor.warnings])
      .to eq([["Using custom COMPRESS_CMD 'xz -0 -c | tr 'a-z' 'n-za-m''"], []])
  end

  it "has a dump that only the command's counterpart can read" do
    here = database_instance("db_packing", sql: "CREATE TABLE t AS SELECT generate_series(1, 100000) AS id")
    outcome = back_up(native::Components::Databases.new(here), here, "xz -0")
    path = "#{work}/db/database.sql.gz"
    dump = output_of("xz -dc", path)
    expect(dump).to include("\n100000\n\\.\n").and end_with("\n")
    expect(outcome).to have_attributes(files: 1, raw: dump.bytesize, stored: File.size(path),
                                       products: { "db/database.sql.gz" => Digest::SHA256.file(path).hexdigest })
    expect(left_over).to eq([path, "#{work}/manifest/db-main.msgpack"])
    expect(described("#{work}/manifest/db-main.msgpack"))
      .to eq(["database.sql", true, dump.bytesize, Digest::SHA256.hexdigest(dump)])
  end

  it "appends to a tar in its place" do
    write_uploads
    here = instance_of(config: { "gitlab" => { "user" => Etc.getpwuid.name }, "backup" => { "path" => "b" } })
    native::TarContainer.open("#{temp_dir}/outer.tar", owner: native::Owner.of(temp_dir)) do |container|
      @job = component_job(here, directory: work)
      @job.options = task(compress_cmd: "cat")
      @job.container = container
      container.add("first", "first")
      files(here).backup(@job)
      container.add("last", "last")
      container.finish(permissions: 0o600)
    end
    names, = Open3.capture2("tar", "-tf", "#{temp_dir}/outer.tar")
    expect(names.split("\n")).to eq(%w[first uploads.tar.gz last])
    inner, = Open3.capture2("sh", "-c", "tar -xOf #{temp_dir}/outer.tar uploads.tar.gz | tar -tf -")
    expect(inner.split("\n").size).to eq(4)
    expect(left_over).to eq([manifest])
  end

  it "lets the block boundaries of our own gzip follow the content, and says where it does not" do
    random = Random.new(2)
    400.times { |number| write("#{uploads}/#{number}", random.bytes(5000)) }
    blocks = [true, false].map do |rsyncable|
      FileUtils.rm_rf(work)
      back_up_uploads(nil, gzip_rsyncable: rsyncable)
      expect(monitor.lines).to eq([])
      native::Manifest.new("#{work}/manifest/uploads.msgpack").each_block.map(&:raw_size)
    end
    expect(blocks.first).not_to eq(blocks.last)
    FileUtils.rm_rf(work)
    back_up_uploads("gzip", gzip_rsyncable: true)
    expect(monitor.lines).to eq(["Using custom COMPRESS_CMD 'gzip'", "Ignoring GZIP_RSYNCABLE"])
  end

  ["", "  ", nil].each do |blank|
    it "is our own gzip with COMPRESS_CMD=#{blank.inspect}" do
      write_uploads
      back_up_uploads(blank)
      expect([monitor.lines, left_over.map { |path| File.basename(path) }])
        .to match([[], contain_exactly("uploads.tar.gz", "uploads.msgpack")])
      expect(system("gzip", "-t", "#{work}/uploads.tar.gz")).to be(true)
    end
  end

  it "keeps what the command has to say" do
    write_uploads
    back_up_uploads("cat; echo tight on memory >&2")
    expect(monitor.warnings).to eq(["COMPRESS_CMD says: tight on memory"])
  end

  { "false" => /COMPRESS_CMD 'false' failed with exit status 1\z/,
    "cat; echo no licence >&2; exit 7" => /COMPRESS_CMD 'cat; .*' failed with exit status 7: no licence\z/,
    "head -c 10 >/dev/null; exit 3" => /COMPRESS_CMD 'head .*' failed with exit status 3\z/,
    "no-such-compressor -9" => /COMPRESS_CMD 'no-such-compressor -9' failed with exit status 127: .*not found\z/,
    "kill -9 $$" => /COMPRESS_CMD 'kill -9 \$\$' was killed by SIGKILL\z/,
    "exec 0<&-; sleep 0.2" => /COMPRESS_CMD 'exec .*' did not read all of its input|write the output: Broken pipe/ }
    .each do |command, message|
    it "fails as a whole when the command is #{command.inspect}, and leaves nothing" do
      write_uploads
      expect { back_up_uploads(command) }.to raise_error(native::Error, message)
      expect(left_over).to eq([])
    end

    it "fails the database when the command is #{command.inspect}, and leaves nothing" do
      here = database_instance("db_packing", sql: "CREATE TABLE t AS SELECT generate_series(1, 100000) AS id")
      expect { back_up(native::Components::Databases.new(here), here, command) }
        .to raise_error(native::DatabaseError, message)
      expect(left_over).to eq([])
    end
  end

  it "does not let a bad dump pass, however well the command ends" do
    here = database_instance("db_packing")
    expect { with_pg_dump("echo half; exit 0") { back_up(native::Components::Databases.new(here), here, "cat") } }
      .to raise_error(native::DatabaseError, /the dump of the main database .* is empty/)
    expect(left_over).to eq([])
  end

  it "ends a command that hangs when the run is called off" do
    write_uploads
    pid_file = "#{temp_dir}/pid"
    run = Thread.new { back_up_uploads("echo $$ > #{pid_file}.new; mv #{pid_file}.new #{pid_file}; exec sleep 600") }
    run.report_on_exception = false
    eventually { File.exist?(pid_file) }
    Timeout.timeout(60) { run.kill.join }
    expect { Process.kill(0, Integer(File.read(pid_file))) }.to raise_error(Errno::ESRCH)
    expect(left_over).to eq([])
  end

  it "runs as GitLab's user", if: Process.euid.zero? do
    write_uploads
    here = instance_of(config: { "gitlab" => { "user" => "nobody" }, "backup" => { "path" => "b" } })
    back_up(files(here), here, "id -un; cat >/dev/null")
    expect(File.read("#{work}/uploads.tar.gz")).to eq("nobody\n")
  end
end
