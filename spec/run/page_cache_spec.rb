# frozen_string_literal: true

# What the server has in the page cache is there after a backup; what only the backup has read is not.
RSpec.describe "The page cache" do
  include TinyInstance
  include TaskRuns

  let(:names_of_files) { %w[small large].product(%w[hot cold]).map { |words| words.join("-") } }
  let(:root) { tiny_instance(uploads: names_of_files.to_h { |name| [name, Random.bytes(size(name))] }) }

  before do
    names_of_files.each { |name| File.open(upload(name), "r+b") { |file| file.fsync && file.advise(:dontneed) } }
    skip "this file system keeps all files in memory" unless cached(upload("small-cold")).zero?
    names_of_files.grep(/hot/).each { |name| File.binread(upload(name)) }
  end

  def size(name)
    name.start_with?("small") ? 30_000 : 5_000_000
  end

  def upload(name)
    "#{root}/public/uploads/#{name}"
  end

  # Bytes of the file in the page cache, rounded up to pages.
  def cached(path)
    output, status = Open3.capture2("fincore", "--bytes", "--noheadings", "--output", "RES", path)
    expect(status).to be_success
    Integer(output.strip, 10)
  end

  def expect_uploads_as_before
    cached_of = names_of_files.to_h { |name| [name, cached(upload(name))] }
    expect(cached_of).to match("small-hot" => be >= 30_000, "large-hot" => be >= 5_000_000, "small-cold" => 0,
                               "large-cold" => 0)
  end

  it "is as it was before, and holds no product" do
    expect(back_up(root, "--backup-id", "id").status.exitstatus).to eq(0)
    expect_uploads_as_before
    products = Dir["#{backups_of(root)}/id/**/*.{gz,msgpack}"]
    expect(products.to_h { |path| [File.basename(path), cached(path)] }.reject { |_, bytes| bytes.zero? }).to eq({})
  end

  it "holds no tar of GitLab's either" do
    expect(rake(root, "gitlab:backup:create", "SKIP=#{TaskRuns::NO_DATABASE}").status.exitstatus).to eq(0)
    expect_uploads_as_before
    expect(cached(Dir["#{backups_of(root)}/*.tar"].first)).to eq(0)
  end

  it "does not grow by looking for damage" do
    back_up(root, "--backup-id", "id")
    expect(cli("verify", "id", "--gitlab-path", root).status.exitstatus).to eq(0)
    expect(cached("#{backups_of(root)}/id/uploads.tar.gz")).to be < 1_000_000
  end
end
