# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::Archive, "behind the end of an earlier one" do
  include ArchiveOracles
  include ReuseRuns

  def archive(root, name, previous: nil)
    earlier = previous && { manifest: "#{previous}.msgpack", product: "#{previous}.tar.gz" }
    described_class.new(root: root, target: "#{name}.tar.gz", manifest: "#{name}.msgpack", backup_id: "id", workers: 1,
                        previous: earlier).run
    "#{name}.tar.gz"
  end

  # Files whose member fills a block, or a batch, all but so many blocks of tar: the zeros of the end have no room, too
  # little, or just enough behind it. The folder itself, which changes, lies in a block before it.
  it "puts what is new where tar finds it, wherever the end was" do
    sizes = [128 * 1024, 1024 * 1024].product((0..24).to_a).map { |full, blocks| full - (512 * blocks) }
    sizes.each do |size|
      Dir.mkdir("#{temp_dir}/#{size}")
      File.binwrite("#{temp_dir}/#{size}/a", "a" * 20_000)
      File.binwrite("#{temp_dir}/#{size}/m", "x" * size)
    end
    settle(temp_dir)
    sizes.each { |size| archive("#{temp_dir}/#{size}", "#{temp_dir}/#{size}-one") }
    lost = sizes.reject do |size|
      File.write("#{temp_dir}/#{size}/new", "new")
      made = archive("#{temp_dir}/#{size}", "#{temp_dir}/#{size}-two", previous: "#{temp_dir}/#{size}-one")
      oracle("tar", "-tzf", made).lines(chomp: true) == %w[./ ./a ./m ./new]
    end
    expect(lost).to eq([])
  end
end
