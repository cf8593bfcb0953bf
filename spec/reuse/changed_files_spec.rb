# frozen_string_literal: true

# What counts as changed, whatever times and names say.
RSpec.describe "Files that changed since the earlier backup" do
  include TinyInstance
  include ReuseRuns

  let(:root) { reuse_instance("#{temp_dir}/gitlab") }
  let(:tree) { uploads(root) }

  def overwrite(path, offset, content)
    File.binwrite("#{tree}/#{path}", content, offset)
  end

  it "are read, though size and time are those of before", :aggregate_failures do
    reference = "#{temp_dir}/reference"
    %w[f3/4.txt large.bin f39/0.txt].each do |path|
      system("touch", "-r", "#{tree}/#{path}", reference, exception: true)
      overwrite(path, File.size("#{tree}/#{path}") / 2, "#")
      system("touch", "-r", reference, "#{tree}/#{path}", exception: true)
    end
    run(root, "two")
    expect(share(root, "two")).to be_between(0.3, 0.99)
    expect(complaints(root, "two")).to eq([])
  end

  it "are read when another file has taken the name, size and time", :aggregate_failures do
    %w[f5/5.txt large/two.bin].each do |path|
      content = File.binread("#{tree}/#{path}")
      File.binwrite("#{tree}/new", content.reverse)
      system("touch", "-r", "#{tree}/#{path}", "#{tree}/new", exception: true)
      File.rename("#{tree}/new", "#{tree}/#{path}")
    end
    run(root, "two")
    expect(share(root, "two")).to be > 0.3
    expect(complaints(root, "two")).to eq([])
  end

  it "are added, gone, renamed, linked and given other modes", :aggregate_failures do
    write("#{tree}/f0/00.txt", "between the others")
    write("#{tree}/a/new/folder.txt", "in front of all")
    FileUtils.rm_rf("#{tree}/f7")
    File.delete("#{tree}/f8/3.txt")
    File.rename("#{tree}/f9", "#{tree}/f9moved")
    File.rename("#{tree}/f10/2.txt", "#{tree}/f11/2renamed.txt")
    File.chmod(0o600, "#{tree}/f12/1.txt")
    File.delete("#{tree}/f13/1.txt")
    File.symlink("../f12/1.txt", "#{tree}/f13/1.txt")
    File.link("#{tree}/f14/1.txt", "#{tree}/f15/linked.txt")
    FileUtils.rm_rf("#{tree}/f16")
    File.write("#{tree}/f16", "a file where a folder was")
    File.utime(Time.at(1), Time.at(1), "#{tree}/f17")
    run(root, "two")
    expect(share(root, "two")).to be > 0.3
    expect(complaints(root, "two")).to eq([])
  end

  it "are none where the folder moved on its disk, and all where it was copied", :aggregate_failures do
    moved = "#{root}/elsewhere"
    File.rename(tree, moved)
    File.symlink(moved, tree)
    run(root, "two")
    # But for the block with the folder itself: a rename is a change of that.
    expect([share(root, "two"), complaints(root, "two", tree: moved)]).to match([be > 0.9, []])
    File.delete(tree)
    system("cp", "--archive", moved, tree, exception: true)
    FileUtils.rm_rf(moved)
    settle(tree)
    run(root, "three")
    expect([share(root, "three"), complaints(root, "three")]).to eq([0.0, []])
    run(root, "four")
    expect([share(root, "four"), complaints(root, "four")]).to match([be > 0.99, []])
  end

  it "are read again as long as they have not settled", :aggregate_failures do
    FileUtils.touch(Dir.glob("#{tree}/f*/*.txt"))
    run(root, "two")
    overwrite("f20/0.txt", 0, "#") # within two seconds of the read, and its size is the same
    run(root, "three")
    expect(complaints(root, "three")).to eq([])
  end

  it "do not depend on which GitLab made the earlier backup, on its age or on the clock", :aggregate_failures do
    File.write("#{root}/VERSION", "19.1.0-ee\n")
    run(root, "two")
    information = "#{backups_of(root)}/two/backup_information.json"
    File.write(information, File.read(information).sub(/"created_at": "\d{4}/, '"created_at": "2096'))
    run(root, "three")
    overwrite("f1/1.txt", 0, "#")
    run(root, "four")
    expect(%w[two three four].map { |id| row(root, id)["previous"] }).to eq(%w[one two two])
    expect([share(root, "two"), share(root, "three"), complaints(root, "four")]).to match([be > 0.99, be > 0.99, []])
  end
end
