# frozen_string_literal: true

RSpec.describe DemoRun::Comparison do
  before(:context) do
    @cluster = PostgresCluster.shared
    @directory = Dir.mktmpdir("gbn-compare-")
    %w[first second].each { |name| Dir.mkdir("#{@directory}/#{name}") }
    File.chmod(0o755, @directory)
    @first = DemoInstance.create("#{@directory}/first", cluster: @cluster, prefix: "compare_first", bytes: 20_000)
    @second = DemoInstance.create_empty("#{@directory}/second", cluster: @cluster, prefix: "compare_second")
    @before = DemoRun::Contents.new(@first, @cluster)
  end

  after(:context) { system("rm", "-rf", "--", @directory) }

  # By means that are not ours.
  before do
    @first.databases.each do |name, database|
      @cluster.query("DROP DATABASE #{@second.databases[name]} WITH (FORCE); " \
                     "CREATE DATABASE #{@second.databases[name]} TEMPLATE #{database}")
    end
    @first.folders.merge("repositories" => @first.storage_path).each_value do |folder|
      other = folder.sub(%r{/first/}, "/second/")
      system("rm", "-rf", "--", other, exception: true)
      system("cp", "-a", "--", folder, other, exception: true)
    end
  end

  def objections
    verdicts = []
    all = described_class.new(@before, @first.folders, @second, @cluster).run { |verdict| verdicts << verdict }
    expect([verdicts.map(&:program), all]).to eq([described_class::CHECKS.keys, verdicts.all?(&:met)])
    verdicts.reject(&:met).to_h { |verdict| [verdict.program, verdict.text] }
  end

  it "finds no difference in a copy, whatever lies where GitLab looks away" do
    FileUtils.mkdir_p("#{@second.folders["uploads"]}/tmp/other")
    File.write("#{@second.folders["pages"]}/@pages.tmp/other", "x")
    FileUtils.touch(@second.folders["uploads"])
    expect(objections).to eq({})
  end

  it "finds one row, one byte, one nanosecond and one reference" do
    @cluster.query("UPDATE projects SET name = 'other' WHERE id = 7", database: @second.databases["main"])
    uploads = @second.folders["uploads"]
    File.write("#{uploads}/-/system/empty.txt", "x")
    time = File.stat("#{uploads}/-/system/user/avatar/2/avatar.png").mtime
    File.utime(time, time + Rational(1, 1_000_000_000), "#{uploads}/-/system/user/avatar/2/avatar.png")
    repository = "#{@second.storage_path}/#{@second.repositories.first.relative_path}"
    system("git", "--git-dir=#{repository}", "update-ref", "-d", "refs/tags/light", exception: true)
    expect(objections).to match("pg_dump" => /main is another/, "diff" => %r{^diff .*/empty\.txt },
                                "find" => /\Auploads: .*avatar\.png/, "git" => /other references/)
  end

  it "finds another HEAD, another hook and a link that leads elsewhere" do
    path = ->(index) { "#{@second.storage_path}/#{@second.repositories[index].relative_path}" }
    File.write("#{path.call(1)}/HEAD", "ref: refs/heads/other\n")
    expect(objections.keys).to eq(["git"])
    FileUtils.cp("#{path.call(2)}/HEAD", "#{path.call(1)}/HEAD")
    hook = "#{path.call(0)}/custom_hooks/post-receive"
    File.chmod(0o700, hook)
    link = "#{@second.folders["uploads"]}/-/system/user/avatar/1/current.png"
    File.unlink(link)
    File.symlink("elsewhere", link)
    expect(objections.keys).to eq(%w[diff find git])
  end
end
