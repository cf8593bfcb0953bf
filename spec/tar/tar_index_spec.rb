# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::TarIndex do
  include OuterTars
  include RailsFolder

  let(:files) do
    { "backup_information.yml" => OuterTars::OLD_INFORMATION, "db/database.sql.gz" => "dump",
      "repositories/default/a/001.bundle" => "b" * 700, "repositories/default/a/001.refs" => "r",
      "uploads.tar.gz" => "u" * 1000 }
  end

  def index(path) = described_class.new(path)

  def content(path, member)
    File.binread(path, member.size, member.offset)
  end

  it "finds each file where GNU tar has put it" do
    path = outer_tar(temp_dir, files)
    found = index(path)
    kept = files.reject { |name, _| name.start_with?("repositories") }
    expect(found.files).to match_array(kept.keys)
    expect(kept.keys.to_h { |name| [name, content(path, found.file(name))] }).to eq(kept)
  end

  it "counts what is below repositories, and looks for it again" do
    path = outer_tar(temp_dir, files)
    found = index(path)
    expect([found.repository_files, found.repository_bytes]).to eq([2, 701])
    names = found.enum_for(:each_below, "repositories").filter_map { |name, member| name if member.type == "file" }
    expect(names).to match_array(files.keys.grep(/\Arepositories/))
  end

  it "takes members that begin with ./ for what they are, in any order" do
    folder = Dir.mktmpdir("helm-", temp_dir)
    files.each { |path, content| write("#{folder}/#{path}", content) }
    path = pack(temp_dir, folder, ["."])
    found = index(path)
    expect([found.file("uploads.tar.gz").size, found.directory?("db"), found.directory?("repositories")])
      .to eq([1000, true, true])
    expect(content(path, described_class.find(path, "backup_information.yml"))).to eq(OuterTars::OLD_INFORMATION)
  end

  it "takes the last of two members of a name, as tar does" do
    path = outer_tar(temp_dir, files)
    write("#{temp_dir}/again/uploads.tar.gz", "again")
    run_tool("tar", "--append", "--file=#{path}", "--directory=#{temp_dir}/again", "uploads.tar.gz")
    expect(content(path, index(path).file("uploads.tar.gz"))).to eq("again")
  end

  it "knows nothing of names that lead out of the archive, nor of links" do
    write("#{temp_dir}/x/y/evil.tar.gz", "evil")
    File.symlink("/etc/passwd", "#{temp_dir}/x/uploads.tar.gz")
    path = "#{temp_dir}/evil.tar"
    run_tool("tar", "-P", "-C", "#{temp_dir}/x", "-cf", path, "../x/y/evil.tar.gz", "#{temp_dir}/x/y/evil.tar.gz",
             "uploads.tar.gz")
    expect(index(path).files).to eq([])
  end

  it "refuses more files than a backup can have, for each takes memory" do
    stub_const("#{described_class}::MOST", 2)
    path = outer_tar(temp_dir, files)
    expect { index(path) }.to raise_error(Gitlab::Backup::Native::FormatError, /more than 2 files besides repositories/)
  end
end
