# frozen_string_literal: true

# What the server has in the page cache is there after a backup; what only the backup has read is not.
RSpec.describe "The page cache" do
  include TinyInstance
  include TaskRuns

  let(:names_of_files) { %w[small large].product(%w[hot cold]).map { |words| words.join("-") } }
  let(:root) { tiny_instance(uploads: names_of_files.to_h { |name| [name, Random.bytes(size(name))] }) }

  let(:hot) { names_of_files.grep(/hot/).to_h { |name| [name, (size(name) + page - 1) / page * page] } }
  let(:page) { Etc.sysconf(Etc::SC_PAGESIZE) }

  before do
    forget(upload("small-cold"))
    skip "this file system keeps all files in memory" unless cached(upload("small-cold")).zero?
  end

  def size(name)
    name.start_with?("small") ? 30_000 : 5_000_000
  end

  def upload(name)
    "#{root}/public/uploads/#{name}"
  end

  def forget(path)
    File.open(path, "r+b") { |file| file.fsync && file.advise(:dontneed) }
  end

  # Bytes of the file in the page cache, rounded up to pages.
  def cached(path)
    output, status = Open3.capture2("fincore", "--bytes", "--noheadings", "--output", "RES", path)
    expect(status).to be_success
    Integer(output.strip, 10)
  end

  # {name => bytes in the page cache} of the uploads and of what the block names, after it has run. A disk that answers
  # while we have lost our core is taken for the cache, now and then: a later run shows the rule.
  def after_runs
    Array.new(4) do
      names_of_files.each { |name| forget(upload(name)) }
      names_of_files.grep(/hot/).each { |name| File.binread(upload(name)) }
      made = yield
      facts = (names_of_files.map { |name| upload(name) } + made).to_h { |path| [File.basename(path), cached(path)] }
      break [facts] if facts.reject { |name, _| name.end_with?("hot") }.values.sum.zero?

      facts
    end.last
  end

  it "is as it was before, and holds no product" do
    facts = after_runs do
      FileUtils.rm_rf("#{backups_of(root)}/id")
      expect(back_up(root, "--backup-id", "id").status.exitstatus).to eq(0)
      Dir["#{backups_of(root)}/id/**/*.{gz,msgpack}"]
    end
    expect(facts.keys).to include("uploads.tar.gz", "uploads.msgpack", "small-cold", "large-cold")
    expect(facts.reject { |_, bytes| bytes.zero? }).to eq(hot)
  end

  it "holds no tar of GitLab's either" do
    facts = after_runs do
      FileUtils.rm_f(Dir["#{backups_of(root)}/*.tar"])
      expect(rake(root, "gitlab:backup:create", "SKIP=#{TaskRuns::NO_DATABASE}").status.exitstatus).to eq(0)
      Dir["#{backups_of(root)}/*.tar"]
    end
    expect(facts.size).to eq(5)
    expect(facts.reject { |_, bytes| bytes.zero? }).to eq(hot)
  end

  it "does not grow by looking for damage" do
    back_up(root, "--backup-id", "id")
    product = "#{backups_of(root)}/id/uploads.tar.gz"
    kept = Array.new(4) do
      forget(product)
      expect(cli("verify", "id", "--gitlab-path", root).status.exitstatus).to eq(0)
      cached(product)
    end
    expect(kept.min).to be < 100_000
  end
end
