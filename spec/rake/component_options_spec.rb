# frozen_string_literal: true

# Variables that change how components work, by rake and back, with the archives judged by stock tools.
RSpec.describe Gitlab::Backup::Native::Packing do
  include TinyInstance
  include TaskRestores
  include TaskRuns

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
