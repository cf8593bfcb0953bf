# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::GitRestore::Hooks do
  include GitRestoreRuns
  include GitalyLayouts

  let(:source) { small_repository(at("a.git")) }

  describe "custom hooks" do
    # The tar of these shell lines' doing, below a folder `custom_hooks`.
    def hooks_made_by(script, *arguments)
      folder = "#{temp_dir}/made"
      FileUtils.mkdir_p("#{folder}/custom_hooks")
      system("sh", "-ec", script, chdir: folder, exception: true)
      output, = Open3.capture2("tar", "-C", folder, *arguments, "-cf", "-", *Dir.children(folder), binmode: true)
      put(save(source, "a.git").last[:hooks], output)
    end

    it "may be an archive of no bytes" do
      put(save(source, "a.git").last[:hooks], "")
      expect(bring_back("a.git").problems).to eq([])
    end

    it "may be an archive of something else" do
      hooks_made_by("rmdir custom_hooks; echo x > other")
      expect(bring_back("a.git").problems).to eq([])
      expect(Dir.children(restored("a.git"))).not_to include("other")
    end

    it "never get out of their folder" do
      output, = Open3.capture2("tar", "-C", temp_dir, "--absolute-names", "--transform", "s,^,../../../../../evil/,",
                               "-cf", "-", ".", binmode: true)
      put(save(source, "a.git").last[:hooks], output)
      bring_back("a.git")
      expect(Dir.glob("#{temp_dir}/**/evil")).to eq([])
    end

    it "lose their set-id bits" do
      hooks_made_by("echo x > custom_hooks/update; chmod 6755 custom_hooks/update")
      expect(bring_back("a.git").problems).to eq([])
      expect(File.stat("#{restored("a.git")}/custom_hooks/update").mode & 0o7000).to eq(0)
    end

    it "are no FIFOs" do
      hooks_made_by("mkfifo custom_hooks/pipe")
      expect(bring_back("a.git").problems.map(&:reason))
        .to eq(["001.custom_hooks.tar: pipe is neither a plain file nor a folder or link"])
    end

    it "are no links that stand for the folder" do
      hooks_made_by("rmdir custom_hooks; ln -s /etc custom_hooks")
      expect(bring_back("a.git").problems.map(&:reason))
        .to eq(["001.custom_hooks.tar: custom_hooks is neither a plain file nor a folder or link"])
    end

    it "are not written through a link" do
      hooks_made_by("mkdir -p custom_hooks; ln -s #{temp_dir} custom_hooks/way")
      path = "#{sink}/default/a.git/ID1/001.custom_hooks.tar"
      system("sh", "-ec", "rm custom_hooks/way; mkdir custom_hooks/way; echo x > custom_hooks/way/evil; " \
                          "tar -rf #{path} custom_hooks/way/evil", chdir: "#{temp_dir}/made", exception: true)
      bring_back("a.git")
      expect(File.exist?("#{temp_dir}/evil")).to be(false)
    end

    it "are damaged when the archive is" do
      put(save(source, "a.git").last[:hooks], "not a tar" * 100)
      expect(bring_back("a.git").problems.first.reason).to match(/\A001.custom_hooks.tar: read tar member at offset 0/)
    end

    it "are damaged when the archive is cut, between two members too" do
      hooks_made_by("for hook in a b c; do echo x > custom_hooks/$hook; done")
      path = "#{sink}/default/a.git/ID1/001.custom_hooks.tar"
      whole = File.binread(path)
      (1..8).flat_map { |block| [(block * 512) - 100, block * 512] }.each do |length|
        File.binwrite(path, whole.byteslice(0, length))
        expect(bring_back("a.git").problems.map(&:reason)).to match([/\A001\.custom_hooks\.tar: /]), length.to_s
      end
    end
  end
end
