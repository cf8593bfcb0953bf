# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::RepositoryStore do
  include GitalyLayouts

  let(:error) { Gitlab::Backup::Native::Error }
  let(:sink) { "#{temp_dir}/repositories" }

  def store(id: "ID1")
    FileUtils.mkdir_p(sink)
    described_class.new(sink, backup_id: id)
  end

  def found(relative = "g/a.git", id: "ID1")
    store(id: id).find("default", relative)
  end

  # A manifest of these lines; its modification time is `age` seconds ago.
  def manifest(text, relative: "g/a.git", name: "ID1", age: 0)
    path = "manifests/default/#{relative}/#{name}.toml"
    put(path, text)
    time = Time.at(1_700_000_000 - age)
    File.utime(time, time, "#{sink}/#{path}")
  end

  def marker(id, age: 0)
    put("backup_ids/#{id}", "")
    time = Time.at(1_700_000_000 - age)
    File.utime(time, time, "#{sink}/backup_ids/#{id}")
  end

  # What a manifest of this head says is found.
  def with_head(head)
    "head_reference = 'refs/heads/#{head}'\n"
  end

  describe "a manifest" do
    it "names the files, wherever they lie (15)" do
      manifest("[[steps]]\nbundle_path = 'repo.bundle'\nref_path = 'path/to/001.refs'\n")
      expect(found.steps.map(&:to_h))
        .to eq([{ bundle: "#{sink}/repo.bundle", refs: "#{sink}/path/to/001.refs", hooks: nil }])
    end

    it "is any legal TOML" do
      manifest(<<~TOML)
        \uFEFF

            object_format = "sha256" # a comment
          'head_reference'="refs/heads/gr\\u00f6\\U000000dfer"
        head_references = [ 'x' ]
        when = 1979-05-27T07:32:00Z
        steps = [ { bundle_path = 'a', ref_path = """
        b""" }, ]
      TOML
      expect(found.to_h.slice(:object_format, :head, :steps))
        .to eq(object_format: "sha256", head: "refs/heads/größer".b,
               steps: [Gitlab::Backup::Native::SavedRepository::Step.new(bundle: "#{sink}/a", refs: "#{sink}/b")])
    end

    it "may name a ref that is not UTF-8" do
      manifest(with_head("\xE9".b))
      expect(found.head).to eq("refs/heads/\xE9".b)
    end

    it "says little about a repository that was not there" do
      manifest("empty = true\nnon_existent = true\nobject_format = ''\n")
      expect(found.to_h).to include(empty: true, non_existent: true, object_format: "sha1", head: nil, steps: [])
    end

    {
      "x" => "it is no TOML: ", "head_reference = 'a\nb'" => "it is no TOML: ",
      "a = \"\\uD800\"" => "it is no TOML: ", "empty = 'yes'" => "empty is neither true nor false",
      "head_reference = 1" => "head_reference is no text", "object_format = 'md5'" => "unknown object_format \"md5\"",
      "steps = 1" => "steps is no list of tables", "steps = [1]" => "steps is no list of tables",
      "[[steps]]\nref_path = 7" => "ref_path is no text",
      "[[steps]]\nref_path = '../x'" => "ref_path ../x lies outside of the backup's folder of repositories",
      "[[steps]]\nbundle_path = '/etc/passwd'" => "bundle_path /etc/passwd lies outside",
      "[[steps]]\nbundle_path = 'a/../../b'" => "bundle_path a/../../b lies outside",
      "[[steps]]\nbundle_path = \"a\\u0000\"" => "bundle_path a\\x00 lies outside"
    }.each do |text, words|
      it "is refused for #{text.inspect} (16)" do
        manifest(text)
        expect { found }.to raise_error(error) { |e|
          expect([e.message, e.status]).to match([start_with("manifest manifests/default/g/a.git/ID1.toml: #{words}"),
                                                  :repository])
        }
      end
    end

    it "is refused for a file behind a link that leads out" do
      FileUtils.mkdir_p(sink)
      File.symlink("/etc", "#{sink}/way")
      manifest("[[steps]]\nbundle_path = 'way/passwd'\n")
      expect { found }.to raise_error(error, /bundle_path way.passwd lies outside/)
    end

    it "is refused when it is too large" do
      stub_const("#{described_class}::ManifestFile::LIMIT", 10)
      manifest("empty = false\n")
      expect { found }.to raise_error(error, /has more than 10 bytes/)
    end
  end

  describe "the backup that is found" do
    it "is that of the id" do
      manifest(with_head("one"), name: "ID1", age: 9)
      manifest(with_head("two"), name: "ID2")
      expect(found.to_h).to include(head: "refs/heads/one", id: "ID1")
    end

    it "is by pointer when there is no manifest of the id (17)" do
      put("g/a/ID1/LATEST", "001")
      manifest(with_head("two"), name: "ID2")
      expect(found.to_h).to include(id: "ID1", description: "g/a/ID1/LATEST")
    end

    it "is the later of two (18)" do
      manifest(with_head("one"), name: "2024", age: 1)
      manifest(with_head("two"), name: "2023", age: 0)
      expect(found.id).to eq("2023")
    end

    it "has an id rather than the name of the latest, at the same time (18)" do
      manifest(with_head("one"), name: "2024")
      manifest(with_head("one"), name: "+latest")
      expect(found.id).to eq("2024")
    end

    it "may have no id" do
      manifest(with_head("one"), name: "+latest")
      expect([found.id, found.head]).to eq([nil, "refs/heads/one"])
    end

    it "is that of the newest run (19)" do
      marker("2024", age: 1)
      marker("2023", age: 0)
      manifest(with_head("one"), name: "2024")
      manifest(with_head("two"), name: "2023", age: 5)
      expect([found.id, store.run_id]).to eq(%w[2023 2023])
    end

    it "is the repository's own latest when that run has none of it (20)" do
      marker("2024")
      manifest(with_head("one"), name: "2023")
      expect(found.id).to eq("2023")
    end

    it "is none for a path that begins alike" do
      manifest(with_head("one"), relative: "g/a.git.git")
      expect(found).to be_nil
    end
  end

  describe "the id of the run" do
    it "is the backup's when the run left its mark, or a manifest of that name" do
      marker("ID1", age: 9)
      marker("ID2")
      expect(store.run_id).to eq("ID1")
      FileUtils.rm_rf("#{sink}/backup_ids")
      manifest("", name: "ID1")
      expect(store.run_id).to eq("ID1")
    end

    it "is not known when nothing tells it" do
      expect(store.run_id).to be_nil
      manifest("", name: "+latest")
      expect(store.run_id).to be_nil
    end
  end

  describe "the pointer layout" do
    it "has the steps up to the number, in one folder (9, 12)" do
      put("g/a/LATEST", "ID7\n")
      put("g/a/ID7/LATEST", "003")
      expect(found.steps.map(&:bundle)).to eq((1..3).map { |number| "#{sink}/g/a/ID7/00#{number}.bundle" })
      expect(found.to_h).to include(id: "ID7", object_format: "sha1", head: nil, listless: true)
    end

    it "is refused when it points nowhere (10)" do
      put("g/a/LATEST", "ID7")
      expect { found }.to raise_error(error, "g/a/LATEST: the increment ID7 it names doesn't exist")
    end

    ["invalid", "-1", "0", "", "1e3", "9999999999"].each do |text|
      it "is refused when its increment is #{text.inspect} (11)" do
        put("g/a/LATEST", "ID7")
        put("g/a/ID7/LATEST", text)
        expect { found }
          .to raise_error(error, "g/a/ID7/LATEST: increment id #{text.inspect} is not a number of a step")
      end
    end

    ["../x", "..", "", "a/b"].each do |text|
      it "is refused when it points to #{text.inspect}" do
        put("g/a/LATEST", text)
        expect { found }.to raise_error(error, "g/a/LATEST: it is no name")
      end
    end
  end

  describe "the legacy layout" do
    it "has one step, found by its bundle or its list of refs (13)" do
      put("g/a.bundle", "")
      expect(found.steps.map(&:to_h))
        .to eq([{ bundle: "#{sink}/g/a.bundle", refs: "#{sink}/g/a.refs", hooks: "#{sink}/g/a/custom_hooks.tar" }])
      FileUtils.mv("#{sink}/g/a.bundle", "#{sink}/g/a.refs")
      expect(found.id).to be_nil
    end

    it "has nothing when there is neither" do
      put("g/a/custom_hooks.tar", "")
      expect(found).to be_nil
    end
  end

  it "knows all repositories, whatever their layout, once each" do
    manifest("", relative: "g/a.git")
    manifest("", relative: "g/a.git", name: "ID2")
    put("default/g/a.git/ID1/001.bundle", "")
    manifest("", relative: "@hashed/aa/bb/c.wiki.git")
    put("@hashed/aa/bb/c.wiki/LATEST", "ID1") # a manifest of 16.5 with the files of the pointer layout
    put("@hashed/aa/bb/p/LATEST", "ID1")
    put("@hashed/aa/bb/p/ID1/LATEST", "001")
    put("@hashed/aa/bb/p/ID1/001.bundle", "")
    put("g/l.bundle", "")
    put("g/l.refs", "")
    put("g/l/custom_hooks.tar", "")
    put("backup_ids/ID1", "")
    put("manifests/second/g/a.git/.toml", "")
    expect(store.each.to_a)
      .to contain_exactly(%w[default @hashed/aa/bb/c.wiki.git], %w[default g/a.git], %w[second g/a.git],
                          [nil, "@hashed/aa/bb/p.git"], [nil, "g/l.git"])
  end

  it "is complete if it tells what did not exist" do
    expect(store.complete?).to be(false)
    manifest("object_format = 'sha1'\n")
    expect(store.complete?).to be(false)
    manifest("non_existent = false\n")
    expect(store.complete?).to be(true)
  end
end
