# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::Main do
  include TinyInstance

  let(:root) { tiny_instance }

  it "prints upstream's version line, and loads nothing for it" do
    line = "GitLab Backup CLI (#{Gitlab::Backup::Native::VERSION})\n"
    %w[version -v --version].each { |word| expect(cli(word).output).to eq(line) }
    features, = Open3.capture2(RbConfig.ruby, "--disable-gems", "-I", File.expand_path("../lib", __dir__), "-e",
                               <<~RUBY)
                                 require "gitlab/backup/native"
                                 #{described_class}.call(["version"])
                                 puts $LOADED_FEATURES.grep(/thor|native\\.so|pg|tty|json|yaml/)
                               RUBY
    expect(features).to eq(line)
  end

  it "tells what it is built with when asked" do
    result = cli("version", "--verbose")
    expect(result.output).to match(/^gem: +gitlab-backup-native .*^ruby: +ruby .*^gzip codecs: .*zlib/m)
    expect(result.output).to match(/^libpq: +\d+\.\d+$/)
    expect([result.errors, result.status.exitstatus]).to eq(["", 0])
  end

  it "says in one line that there is no configuration" do
    result = cli("list", chdir: temp_dir)
    expect(result.errors.lines).to match([/\A\[.* UTC\] \u274C\uFE0F list failed: no GitLab configuration/])
    expect(result.status.exitstatus).to eq(1)
  end

  it "names the command that failed, GitLab Backup only where a backup did" do
    { %w[show id] => "show", %w[sho id] => "show", %w[export_tar id] => "export-tar", %w[prune] => "prune",
      %w[backup all] => "GitLab Backup", %w[back all] => "GitLab Backup" }.each do |words, name|
      expect(cli(*words, chdir: temp_dir).errors).to match(/\uFE0F #{name} failed: no GitLab configuration/)
    end
  end

  it "says it in JSON to those who read JSON" do
    result = cli("list", "--json", chdir: temp_dir)
    expect(JSON.parse(result.output)).to include("event" => "failed")
    expect([result.errors, result.status.exitstatus]).to eq(["", 1])
  end

  it "turns a bug into one line, and shows the backtrace to those who ask" do
    preload = write("#{temp_dir}/bug.rb", <<~RUBY)
      require "gitlab/backup/native"
      Gitlab::Backup::Native::Instance.define_singleton_method(:find) { |**| nil.bug }
    RUBY
    environment = { "RUBYOPT" => "-I#{File.expand_path("../lib", __dir__)} -r#{preload}" }
    result = cli("list", environment: environment)
    expect(result.errors.lines).to match([/failed: unexpected NoMethodError: .*with --debug for the backtrace/])
    expect(result.status.exitstatus).to eq(1)
    [cli("list", "--debug", environment: environment), cli("list", environment: environment.merge("GBN_DEBUG" => "1"))]
      .each { |asked| expect([asked.errors, asked.status.exitstatus]).to match([/bug\.rb:2:in/, 1]) }
  end

  it "is quiet when the reader of its list has seen enough" do
    200.times { |index| old_backup(root, "backup-no-#{index}".sub("backup", "id")) }
    reader, writer = IO.pipe
    reader.close
    pid = spawn(TinyInstance::ENVIRONMENT, TinyInstance::LAUNCHER, "list", "--gitlab-path", root,
                out: writer, err: "#{temp_dir}/errors")
    expect([Process.wait2(pid).last.exitstatus, File.read("#{temp_dir}/errors")]).to eq([0, ""])
  end

  it "says when its output cannot be written" do
    old_backup(root, "id")
    script = "exec \"$0\" list --gitlab-path \"$1\" 2>&1 >/dev/full"
    result = Open3.capture2e(TinyInstance::ENVIRONMENT, "sh", "-c", script, TinyInstance::LAUNCHER, root)
    expect([result.first, result.last.exitstatus]).to match([/failed: No space left on device/, 1])
  end

  it "ends with 128 and the signal when it is interrupted" do
    { "INT" => 130, "TERM" => 143, "HUP" => 129, "QUIT" => 131 }.each do |name, code|
      script = "trap(:#{name}, 'DEFAULT'); require 'gitlab/backup/native'; M = #{described_class}; " \
               "Gitlab::Backup::Native::CLI.define_singleton_method(:start) " \
               "{ |_| Process.kill(:#{name}, $$); sleep }; " \
               "exit M.call(['list'])"
      paths = $LOAD_PATH.flat_map { |path| ["-I", path] }
      output, status = Open3.capture2e(RbConfig.ruby, *paths, "-e", script)
      expect([output, status.exitstatus]).to match([/\A.*list failed: interrupted by SIG#{name}\n\z/, code])
    end
  end
end
