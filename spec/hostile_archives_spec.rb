# frozen_string_literal: true

# Archives made by somebody who wants to get out of the folder they are restored to.
RSpec.describe Gitlab::Backup::Native::Extraction do
  include HostileExtractions

  let(:product) { CraftedProduct.new }

  def file(name, content = "new", **options)
    product.add(name, TarBytes.member(name, content, **options), mode: options.fetch(:mode, 0o644),
                                                                 size: content.bytesize, content: content)
  end

  def directory(name)
    product.add(name, TarBytes.member("#{name}/", type: :directory, mode: 0o755), type: :directory, mode: 0o755)
  end

  def link(name, text, type: :symlink)
    product.add(name, TarBytes.member(name, type: type, link: text, mode: 0o777), type: type, mode: 0o777, link: text)
  end

  # What Extraction says; a Verification reads the same without being stopped.
  def outcome
    paths = write(product, indexed)
    verify(paths)
    extract(paths)
  end

  HostileExtractions::WAYS.each do |way, indexed|
    context way do
      let(:indexed) { indexed }

      ["../secret", "/etc/gbn-new", "a/../../secret", "..", "./../secret", "a/.."].each do |name|
        it "refuses the name #{name}" do
          file(name)
          expect(outcome).to include(name)
          expect(verify(write(product, indexed)).map(&:kind)).to include("header")
        end

        it "refuses the name #{name} for a folder, a link and a hard link" do
          [-> { directory(name) }, -> { link(name, "x") }, -> { link(name, "x", type: :hardlink) }].each do |add|
            product.members.clear
            add.call
            expect(outcome).to include(name).and include("p.tar")
          end
        end
      end

      it "writes through no link it has made before" do
        link("l", "../outside")
        file("l/new")
        expect(outcome).to match(/symlink l/)
      end

      it "writes through no link it makes later" do
        file("l/new")
        link("l", "../outside")
        expect(outcome).to match(/symlink l/)
      end

      it "writes to no file a link of the same name leads to" do
        link("l", "../secret")
        file("l", "changed")
        expect(outcome).to match(/symlink l/)
      end

      it "writes through no chain of links" do
        link("a", "..")
        link("b", "a/outside")
        file("b/new")
        expect(outcome).to match(/symlink b/)
      end

      it "makes links to anywhere, as they are only names" do
        link("l", "../../../../etc/passwd")
        expect([outcome, File.readlink("#{target}/l")]).to eq([nil, "../../../../etc/passwd"])
      end

      ["../secret", "/etc/passwd", "nothing", "l/secret", "fifo", "d"].each do |existing|
        it "makes no hard link to #{existing}" do
          directory("d")
          product.add("fifo", TarBytes.member("fifo", type: :fifo), type: :fifo)
          link("l", "..")
          link("h", existing, type: :hardlink)
          expect(outcome).to match(/#{existing}|open directory l|hard link h/)
          expect(verify(write(product, indexed)).map(&:path)).to eq(existing.start_with?(".", "/") ? ["h"] : [])
        end
      end

      it "follows no link when it makes a hard link to it" do
        link("l", "../secret")
        link("h", "l", type: :hardlink)
        expect([outcome, found("h")]).to eq([nil, "l 777 2 ../secret"])
      end

      it "leaves devices out and says so" do
        product.add("null", TarBytes.member("null", type: :character), type: :character)
        file("f")
        unpacked = described_class.new(**write(product, indexed), target: target, workers: 1).run
        expect([unpacked.skipped.map(&:path), Dir.children(target)]).to eq([["null"], ["f"]])
      end

      it "never waits for a FIFO" do
        product.add("p", TarBytes.member("p", type: :fifo, mode: 0o600), type: :fifo, mode: 0o600)
        expect([outcome, found("p")]).to eq([nil, "p 600 1"])
        file("p")
        FileUtils.rm("#{target}/p")
        expect(outcome).to match(/fifo p/)
      end

      it "drops set-id bits and keeps the sticky one" do
        file("f", mode: 0o6755)
        product.add("d", TarBytes.member("d/", type: :directory, mode: 0o7755), type: :directory, mode: 0o7755)
        expect([outcome, found("f"), found("d")]).to eq([nil, "f 755 1", "d 1755 2"])
      end

      it "takes no link for a folder it has made before" do
        directory("d")
        file("d/a")
        link("d", "../outside")
        file("d/b")
        expect(outcome).to match(/symlink d/)
      end

      it "takes no folder for a file, and no file for a folder" do
        file("f")
        directory("f")
        expect(outcome).to match(/ f /)
        FileUtils.rm_rf("#{target}/f")
        product.members.reverse!
        expect(outcome).to match(/ f /)
      end

      it "refuses names over 255 bytes and paths without an end" do
        ["n" * 256, "d/#{"n" * 300}/f", "#{"abcdefg/" * 10_000}f"].each do |name|
          product.members.clear
          file(name)
          expect(outcome).to match(/n{256}|abcdefg/)
          expect(File.exist?("#{target}/abcdefg")).to be(false)
        end
      end

      it "lets the last file of a name count" do
        file("f", "first")
        file("f", "last")
        expect([outcome, File.read("#{target}/f")]).to eq([nil, "last"])
      end
    end
  end

  context "with files of several blocks" do
    let(:indexed) { false }

    ["../secret", "/etc/gbn-new", "n" * 256].each do |name|
      it "refuses the name #{name[0, 20]}" do
        file(name, "x" * 3_000_000)
        expect(outcome).to include(name)
        expect(verify(write(product, false)).map(&:kind)).to include("header")
      end
    end

    it "writes through no link" do
      link("l", "../outside")
      file("l/new", "x" * 3_000_000)
      file("l", "x" * 3_000_000)
      expect(outcome).to match(/ l/)
    end

    it "lets the last file of a name count" do
      ["a", "b", "c" * 3_000_000, "d" * 2_000_000].each { |content| file("f", content) }
      expect([outcome, File.read("#{target}/f")]).to eq([nil, "d" * 2_000_000])
    end
  end
end
