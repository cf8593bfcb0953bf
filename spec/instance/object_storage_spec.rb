# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::Instance::ObjectStorage do
  def bucket(component, **settings)
    values = JSON.parse(JSON.generate(settings))
    settings = Gitlab::Backup::Native::Instance::Settings.new(values, file: "gitlab.yml", at: "production")
    described_class.new(settings).bucket(component)
  end

  let(:connection) { { provider: "AWS", region: "eu-central-1" } }
  let(:consolidated) do
    { enabled: true, connection: connection,
      objects: { artifacts: { bucket: "a" }, lfs: { bucket: "l/prefix" }, pages: { bucket: "p" },
                 uploads: { bucket: "u", enabled: false } } }
  end

  %i[object_store object_storage].each do |spelling|
    it "reads a section's own #{spelling}" do
      own = { enabled: true, remote_directory: "my-uploads", connection: connection }
      expect(bucket("uploads", uploads: { spelling => own })).to eq("my-uploads")
      expect(bucket("lfs", uploads: { spelling => own })).to be_nil
    end

    it "reads the consolidated #{spelling}" do
      expect(bucket("artifacts", spelling => consolidated)).to eq("a")
      expect(bucket("lfs", spelling => consolidated)).to eq("l/prefix")
      expect(bucket("packages", spelling => consolidated)).to be_nil
    end
  end

  it "falls back to GitLab's bucket name" do
    expect(bucket("terraform_state", terraform_state: { object_store: { enabled: true } })).to eq("terraform")
  end

  it "takes a section that is not enabled as local" do
    expect(bucket("uploads", uploads: { object_store: { enabled: false, remote_directory: "u" } })).to be_nil
  end

  it "leaves a type switched off in the consolidated form as its section says" do
    expect(bucket("uploads", object_store: consolidated)).to be_nil
  end

  it "needs both the switch and a connection for the consolidated form" do
    expect(bucket("lfs", object_store: consolidated.merge(enabled: false))).to be_nil
    expect(bucket("lfs", object_store: consolidated.merge(connection: {}))).to be_nil
  end

  it "drops the whole consolidated form when one section has settings of its own" do
    own = { object_store: { enabled: false, connection: connection } }
    expect(bucket("lfs", object_store: consolidated, packages: own)).to be_nil
    expect(bucket("lfs", object_store: consolidated, dependency_proxy: { object_store: { enabled: true } })).to be_nil
  end

  it "lets Pages keep its own connection beside the consolidated form" do
    own = { object_store: { enabled: true, remote_directory: "own-pages", connection: connection } }
    expect(bucket("pages", object_store: consolidated, pages: own)).to eq("own-pages")
    expect(bucket("lfs", object_store: consolidated, pages: own)).to eq("l/prefix")
    expect(bucket("pages", object_store: consolidated)).to eq("p")
  end

  it "knows no bucket for builds, repositories and databases" do
    expect(%w[builds repositories db].map { |id| bucket(id, object_store: consolidated) }).to eq([nil, nil, nil])
  end

  it "refuses a list where the settings belong" do
    expect { bucket("uploads", uploads: { object_store: [] }) }
      .to raise_error(Gitlab::Backup::Native::Error,
                      "gitlab.yml: production.uploads.object_store is a list, a mapping belongs there")
  end
end
