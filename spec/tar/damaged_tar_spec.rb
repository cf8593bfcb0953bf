# frozen_string_literal: true

# Flipped bits in the headers of an outer tar, and ends cut off; GNU tar says what can still be had.
RSpec.describe Gitlab::Backup::Native::TarIndex do
  include OuterTars
  include RailsFolder

  let(:native) { Gitlab::Backup::Native }
  let(:id) { "1770480592_2026_02_07_18.6.2-ee" }
  let(:dump) { Zlib.gzip("SELECT 1;\n\n--\n-- PostgreSQL database dump complete\n--\n\n") }
  let(:random) { Random.new(RSpec.configuration.seed) }
  let(:path) do
    dumps = { "database.sql.gz" => dump, "ci_database.sql.gz" => dump }
    TarForms.run(temp_dir, [TarForms.folder_part("db", dumps),
                            *%w[uploads builds].map { |id| TarForms.archive_part(id, filled_folder("a" => id * 900)) }])
  end

  # [[offset, name]] of the headers, as GNU tar finds them.
  let(:headers) do
    run_tool("tar", "-tRf", path).scan(/^block (\d+): ([^*].*)$/).map { |block, name| [block.to_i * 512, name] }
  end

  # Names of the files it still lists.
  def listed
    names = Open3.capture2({ "LC_ALL" => "C.UTF-8" }, "tar", "-tf", path, err: File::NULL).first
    names.lines(chomp: true).grep_v(%r{/\z})
  end

  def flip(offset)
    bit = 1 << random.rand(8)
    File.open(path, "r+b") { |file| file.pwrite((file.pread(1, offset).ord ^ bit).chr, offset) }
    yield
    File.open(path, "r+b") { |file| file.pwrite((file.pread(1, offset).ord ^ bit).chr, offset) }
  end

  def cut(size)
    File.truncate(path, size)
  end

  def index = described_class.new(path)
  def source = native::BackupSource.find(temp_dir, id)
  def offset_of(name) = headers.rassoc(name).first

  def verified
    verifier = RecordingVerifier.new
    native::VerifyRun.new(source: source, reporter: verifier, workers: 1).call
    verifier.texts
  end

  it "finds all but what a damaged header stood for, as tar does" do
    expect(index.losses.to_a).to eq([])
    headers.each do |offset, name|
      flip(offset + [*0..99, *124..135].sample(random: random)) do
        found = index
        expect([name, found.files.sort]).to eq([name, listed.sort])
        expect(found.losses.map { |loss| [loss.kind, loss.offset] }).to eq([["header", offset]])
      end
    end
  end

  it "has verify name what is lost, and find the rest whole" do
    headers.reject { |_, name| name.end_with?("/") || name.start_with?("manifest/") }.each do |offset, name|
      flip(offset + 130) do
        texts = verified
        expect(texts.first).to start_with("#{id}_gitlab_backup.tar: #{name}: its header is damaged, and so it is " \
                                          "lost (bytes #{offset} to ")
        expect(texts.drop(1)).to all(include(name))
      end
    end
  end

  it "knows by the list of checksums which components are lost, whatever became of the name" do
    flip(offset_of("uploads.tar.gz")) { expect(source.lost).to eq("uploads" => "uploads.tar.gz is lost") }
    flip(offset_of("db/ci_database.sql.gz")) { expect(source.lost).to eq("db" => "db/ci_database.sql.gz is lost") }
    flip(offset_of("db/")) { expect(source.lost).to eq({}) }
    flip(offset_of("manifest/summary.json")) { expect(source.lost).to eq({}) }
  end

  it "guesses without that list: by the name in the header, or by what lies around it" do
    flip(offset_of("manifest/SHA256SUMS") + 130) do
      flip(offset_of("uploads.tar.gz") + 130) { expect(source.lost.keys).to eq(%w[uploads]) }
      flip(offset_of("db/ci_database.sql.gz")) { expect(source.lost.keys).to include("db").and exclude("uploads") }
    end
  end

  it "keeps what lies whole before a cut" do
    cut(offset_of("uploads.tar.gz") + 600)
    expect(index.files).to contain_exactly("backup_information.yml", "db/ci_database.sql.gz", "db/database.sql.gz",
                                           "uploads.tar.gz")
    expect(index.losses.map(&:kind)).to eq(%w[cut])
    expect(source.lost.keys).to include("uploads", "builds").and exclude("db")
    expect(verified.first).to include("uploads.tar.gz: the tar ends in it")
    expect(verified.drop(1)).to all(include("uploads.tar.gz").or(include("summary.json")))
  end

  it "takes a folder the tar ends behind for one that may lack something" do
    cut(offset_of("uploads.tar.gz"))
    expect(index.losses.map(&:kind)).to eq(%w[end])
    expect(source.lost.keys).to include("db", "uploads")
  end

  it "takes nothing from a lost tar's content for the backup's, and a name only once" do
    inner = "#{temp_dir}/inner.tar"
    folder = filled_folder("evil.rb" => "x", "uploads.tar.gz" => "evil", "lfs.tar.gz" => "evil")
    run_tool("tar", "-cf", inner, "-C", folder, "evil.rb", "uploads.tar.gz")
    tar = outer_tar(temp_dir, { "backup_information.yml" => OuterTars::OLD_INFORMATION, "uploads.tar.gz" => "good",
                                "builds.tar.gz" => File.binread(inner), "lfs.tar.gz" => "last" })
    at = run_tool("tar", "-tRf", tar)[/^block (\d+): builds/, 1].to_i * 512
    File.open(tar, "r+b") { |file| file.pwrite("?", at + 124) } # its size, which leads on otherwise
    found = described_class.new(tar)
    expect(found.files).to contain_exactly("backup_information.yml", "uploads.tar.gz", "lfs.tar.gz")
    expect([found.file("uploads.tar.gz").size, found.file("lfs.tar.gz").size]).to eq([4, 4])
  end

  it "lists one as damaged whose last header is" do
    flip(offset_of("manifest/summary.json") + random.rand(100)) do
      expect(native::ListedTar.at(temp_dir, File.basename(path)).status).to eq("damaged")
    end
    expect(native::ListedTar.at(temp_dir, File.basename(path)).status).to eq("complete")
  end

  it "says of what is no tar that it is none" do
    File.binwrite(path, "words" * 1000)
    expect { index }.to raise_error(native::FormatError, /is no tar/)
  end
end

RSpec::Matchers.define_negated_matcher :exclude, :include
