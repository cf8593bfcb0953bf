# frozen_string_literal: true

# Variables that change how components work, by rake and back, with the archives judged by stock tools.
RSpec.describe Gitlab::Backup::Native::Packing do
  include TinyInstance
  include TaskRestores
  include TaskRuns
  include TinyDisk

  let(:root) { tiny_instance(uploads: { "a.txt" => "content", "sub/b" => "b" * 50_000 }) }
  let(:base) { backups_of(root) }

  def create(*words, skip: "db,repositories", **options)
    rake(root, "gitlab:backup:create", "BACKUP=one", "SKIP=#{skip}", *words, **options)
  end

  # {name => content} of the uploads in the outer tar, unpacked by that command.
  def archived(command)
    script = "tar -xOf '#{base}/one_gitlab_backup.tar' uploads.tar.gz | #{command} | tar -C '#{temp_dir}/out' -xf -"
    FileUtils.mkdir_p("#{temp_dir}/out")
    system("sh", "-c", script, exception: true)
    contents_of("#{temp_dir}/out")
  end

  def contents_of(folder)
    names = Dir.glob("**/*", base: folder).select { |name| File.file?("#{folder}/#{name}") }
    names.to_h { |name| [name, File.binread("#{folder}/#{name}")] }
  end

  def uploads_now
    contents_of("#{root}/public/uploads")
  end

  it "packs with a command of several words, and unpacks with its counterpart" do
    before = uploads_now
    created = create("COMPRESS_CMD=xz -0 | cat", "STRATEGY=copy")
    expect([created.errors, created.status.exitstatus]).to eq(["", 0]), created.output
    expect(messages(created.output)).to include("Using custom COMPRESS_CMD 'xz -0 | cat'")
    expect(archived("xz -dc")).to eq(before)
    FileUtils.rm_rf("#{root}/public/uploads/sub")
    restored = restore_task(root, "DECOMPRESS_CMD=xz -dc", "BACKUP=one")
    expect([restored.status.exitstatus, uploads_now]).to eq([0, before]), restored.output + restored.errors
    expect(messages(restored.output)).to include("Using custom DECOMPRESS_CMD 'xz -dc'")
    expect(Dir.children(base)).to eq(["one_gitlab_backup.tar"])
  end

  describe "once a command has packed it" do
    before { expect(create("COMPRESS_CMD=xz -0").status.exitstatus).to eq(0) }

    # What a task has to say of manifests.
    def about_manifests(result)
      (result.output + result.errors).lines.grep(/manifest/)
    end

    it "still has a manifest, by which it is listed and verified" do
      verified = restore_task(root, "BACKUP=one", task: "gitlab:backup:verify")
      expect([verified.status.exitstatus, about_manifests(verified)]).to eq([0, []]), verified.output
      listed = cli("ls", "one", "uploads", "--gitlab-path", root)
      expect([listed.status.exitstatus, about_manifests(listed)]).to eq([0, []]), listed.errors
      expect(listed.output.lines.grep(%r{a\.txt|sub/b}).size).to eq(2)
    end

    it "is restored against it: what its command does not give back as it was is refused" do
      write("#{root}/public/uploads/new", "of the present")
      before = uploads_now
      failed = restore_task(root, "DECOMPRESS_CMD=xz -dc | sed s/content/CONTENT/", "BACKUP=one")
      expect([failed.status.exitstatus, uploads_now]).to eq([1, before])
      expect(messages(failed.output)).to include(/\ARestoring uploads failed: .*uploads\.tar/)
      restored = restore_task(root, "DECOMPRESS_CMD=xz -dc", "BACKUP=one")
      expect([restored.status.exitstatus, about_manifests(restored), uploads_now])
        .to eq([0, [], before.except("new")]), restored.output
      expect(messages(restored.output)).to include(%r{\ATo be replaced: Uploads: .*/uploads, by 2 files \(})
    end
  end

  it "needs no command where one has packed it as gzip, and yet knows how much it is" do
    create("COMPRESS_CMD=gzip -9")
    result = restore_task(root, "BACKUP=one")
    expect([result.status.exitstatus, uploads_now.size]).to eq([0, 2]), result.output
    expect(messages(result.output)).to include(%r{\ATo be replaced: Uploads: .*/uploads, by 2 files \(})
  end

  it "asks for the room that the tar of DECOMPRESS_CMD takes", if: TinyDisk.available? do
    write("#{root}/public/uploads/zeros", "x" * 3_000_000)
    create("COMPRESS_CMD=xz -0", skip: "db,repositories,builds,artifacts,pages,lfs")
    rakefile(root)
    FileUtils.mv("#{base}/one_gitlab_backup.tar", temp_dir)
    output, status, names = on_tiny_disk(base, "size=2m", "sh", "-c", 'cp -- "$1" "$2" && shift 2 && exec "$@"', "sh",
                                         "#{temp_dir}/one_gitlab_backup.tar", base, RbConfig.ruby, TaskRuns::RAKE, "-f",
                                         "#{root}/Rakefile", "gitlab:backup:restore", "DECOMPRESS_CMD=xz -dc",
                                         environment: task_environment({}).merge("GITLAB_PATH" => root))
    expect([status, names]).to eq([1, ["one_gitlab_backup.tar"]])
    expect(messages(output)).to include(/\AInsufficient disk space in #{base}: .* estimated 2\.\d MiB/)
  end

  it "says of a product that needs its command how to give it" do
    create("COMPRESS_CMD=xz -0")
    result = restore_task(root, "BACKUP=one")
    expect([result.status.exitstatus, uploads_now.size]).to eq([1, 2]), result.output
    expect(result.output + result.errors)
      .to include("uploads.tar.gz is no gzip file: if it was made with COMPRESS_CMD, set DECOMPRESS_CMD to the " \
                  "command that reads it")
    expect(result.output).not_to include("Restoring uploads")
  end

  it "leaves a component out whose command fails, and says so" do
    result = create("COMPRESS_CMD=cat; exit 5", skip: "db,repositories,builds,artifacts")
    expect(result.status.exitstatus).to eq(1)
    expect(messages(result.output))
      .to include("Dumping uploads failed: Failed to create compressed file '#{backups_of(root)}/uploads.tar.gz' " \
                  "when trying to backup the following paths: '#{root}/public/uploads': " \
                  "COMPRESS_CMD 'cat; exit 5' failed with exit status 5")
    expect(Dir.children(base).grep(/copy|\A\.?gbn/)).to eq([])
  end

  it "makes archives that rsync can follow, for exactly yes" do
    %w[yes true].each do |value|
      expect(create("GZIP_RSYNCABLE=#{value}").status.exitstatus).to eq(0)
      expect(archived("gzip -dc").keys).to match_array(uploads_now.keys)
      FileUtils.rm_rf("#{base}/one_gitlab_backup.tar")
    end
  end
end
