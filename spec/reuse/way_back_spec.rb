# frozen_string_literal: true

# What reads a backup reads one whose members are in no order of names, too.
RSpec.describe "An archive whose members came from several backups" do
  include TinyInstance
  include OuterTars
  include ReuseRuns

  before(:context) do
    @directory = File.realpath(Dir.mktmpdir("gbn-reuse-"))
    @root = reuse_instance("#{@directory}/gitlab")
    @tree = uploads(@root)
    %w[two three four].each_with_index do |id, index|
      change(index)
      settle(@tree)
      run(@root, id)
    end
    run_tool("cp", "--archive", @tree, "#{@directory}/kept")
  end

  after(:context) { FileUtils.rm_rf(@directory) }

  attr_reader :root, :tree

  # Names before, between and behind those that are reused, and one less each time.
  def change(index)
    %w[a f1/between f30/0 g z].each { |name| write("#{@tree}/#{name}#{index}/file.txt", "#{name} #{index}" * 500) }
    File.binwrite("#{@tree}/f2#{index}/1.txt", "changed #{index}", 10)
    FileUtils.rm_rf("#{@tree}/f3#{index}")
    File.symlink("../f1/1.txt", "#{@tree}/f4/link#{index}")
    File.link("#{@tree}/large.bin", "#{@tree}/f5/large#{index}")
  end

  def differences(folder, other)
    Open3.capture2e("diff", "--recursive", "--no-dereference", folder, other).first
  end

  it "is in another order than that of the names, and yet whole" do
    listed = run_tool("tar", "-tzf", "#{backups_of(root)}/four/uploads.tar.gz").split("\n")
    expect([share(root, "four"), listed == listed.sort_by { |name| name.delete_suffix("/").tr("/", "\0") }])
      .to match([be > 0.5, false])
    expect(complaints(root, "four")).to eq([])
  end

  it "is restored" do
    write("#{tree}/later", "came later")
    File.binwrite("#{tree}/f6/1.txt", "altered")
    FileUtils.rm_rf("#{tree}/f7")
    result = cli("restore", "all", "four", "--yes", "--only", "uploads", "--gitlab-path", root)
    expect([result.status.exitstatus, differences("#{@directory}/kept", tree)]).to eq([0, ""]), result.errors
    expect(compared("#{backups_of(root)}/four/uploads.tar.gz", tree)).to eq([])
  end

  it "is listed and extracted by path" do
    wanted = %w[f1 f5/large1 a2 f4/link0]
    cli("extract", "four", "uploads", *wanted, "-C", "#{temp_dir}/out".tap { |path| Dir.mkdir(path) },
        "--gitlab-path", root).then { |result| expect(result.status.exitstatus).to eq(0), result.errors }
    wanted.each { |path| expect(differences("#{@directory}/kept/#{path}", "#{temp_dir}/out/#{path}")).to eq("") }
    listed = cli("ls", "four", "uploads", "f1", "--json", "--gitlab-path", root).output.lines
    names = Dir.glob("f1/**/*", base: "#{@directory}/kept").push("f1")
    expect(listed.map { |line| JSON.parse(line)["path"] }).to match_array(names)
  end

  it "is compared with the one it came from" do
    lines = cli("diff", "three", "four", "--gitlab-path", root).output.lines(chomp: true)
    expect(lines.grep(%r{uploads.*(a2|g2|z2|f1/between2|f30/02)/file\.txt}).size).to eq(5)
    expect(lines.grep(%r{f22/1\.txt}).size).to eq(1)
    expect(lines.grep(%r{f32/}).size).to eq(15)
  end
end
