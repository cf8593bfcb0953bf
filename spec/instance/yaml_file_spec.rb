# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::Instance::YamlFile do
  include RailsFolder

  let(:path) { "#{temp_dir}/gitlab.yml" }

  def load(content)
    File.binwrite(path, content)
    described_class.load(path, what: "GitLab configuration file")
  end

  def refusal(content)
    load(content)
    nil
  rescue Gitlab::Backup::Native::Error => e
    expect(e.message.lines.size).to eq(1)
    expect(e.path).to eq(path)
    e.message
  end

  it "evaluates ERB, then reads YAML with aliases and merges" do
    content = load("base: &base\n  a: <%= 6 * 7 %>\nproduction:\n  <<: *base\n  b: *base\n")
    expect(content["production"]).to eq("a" => 42, "b" => { "a" => 42 })
  end

  it "reads symbols and dates as Rails does" do
    expect(load(":a: :b\nc: 2026-01-01\n")).to eq(a: :b, "c" => Date.new(2026, 1, 1))
  end

  it "takes an empty file as an empty mapping" do
    expect(load("")).to eq({})
  end

  it "names the line of broken YAML" do
    expect(refusal("a: 1\nb: [1\nc: 2\n")).to match(/\AGitLab configuration file: #{path} is not valid YAML, line 2: /)
  end

  it "names a file that is not text" do
    expect(refusal("a: \xFF\xFE\n")).to include(path, "is not valid")
  end

  it "names the line of ERB that raises" do
    expect(refusal("a: 1\nb: <%= ENV.fetch('NO_SUCH_NAME') %>\n"))
      .to eq("GitLab configuration file: #{path} line 2: ERB raised KeyError: key not found: \"NO_SUCH_NAME\"")
  end

  it "names ERB that is not Ruby" do
    expect(refusal("a: 1\nb: <%= ( %>\n")).to include(path, "ERB raised SyntaxError")
  end

  it "refuses a list at the top" do
    expect(refusal("- a\n")).to eq("GitLab configuration file: #{path} holds no mapping at its top level")
  end

  it "refuses a class that does not exist" do
    expect(refusal("a: !ruby/object:NoSuchClass {}\n")).to include(path, "NoSuchClass")
  end

  it "says what is wrong with a path it cannot read" do
    expect { described_class.load("#{temp_dir}/none.yml", what: "x") }
      .to raise_error(Gitlab::Backup::Native::Error, "x: #{temp_dir}/none.yml does not exist")
    expect { described_class.load(temp_dir, what: "x") }
      .to raise_error(Gitlab::Backup::Native::Error, "x: #{temp_dir} can't be read (Is a directory)")
  end

  it "says who may read a file it may not" do
    File.write(path, "")
    File.chmod(0o000, path)
    expect { unprivileged { described_class.load(path, what: "x") } }
      .to raise_error(Gitlab::Backup::Native::Error, /#{path} can't be read \(permission denied\): run as root/)
  end
end
