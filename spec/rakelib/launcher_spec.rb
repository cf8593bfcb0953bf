# frozen_string_literal: true

require "fileutils"
require "open3"
require_relative "../../rakelib/support/launcher"

RSpec.describe Launcher do
  let(:checkout) { File.expand_path("../..", __dir__) }
  let(:text) { described_class.new(checkout).text }

  # A checkout at another place: the same content under other names.
  def moved(cli)
    %w[lib vendor].each { |name| File.symlink(File.join(checkout, name), File.join(temp_dir, name)) }
    FileUtils.mkdir_p([File.join(temp_dir, "bin"), File.join(temp_dir, "exe")])
    File.write(File.join(temp_dir, "exe", "gitlab-backup-cli"), cli)
    described_class.new(checkout).write(File.join(temp_dir, "bin", "gitlab-backup-cli"))
    Open3.capture2e(File.join(temp_dir, "bin", "gitlab-backup-cli"), chdir: "/")
  end

  it "names the checkout's folders relative to itself" do
    expect(text).to include('}/lib"').and(include("gems/thor-"))
    expect(text).not_to include(checkout)
  end

  it "starts without RubyGems and without Bundler" do
    output, status = moved("p defined?(Bundler), $LOADED_FEATURES.grep(/rubygems/).size")
    expect([output, status.success?]).to eq(["nil\n0\n", true])
  end

  it "reaches the runtime gems and the standard library" do
    output, = moved("%w[thor pg tty-progressbar json yaml openssl].each { |x| require x }; print PG::VERSION, Thor")
    expect(output).to match(/\A[0-9.]+Thor\z/)
  end

  it "writes its file only when something changed" do
    path = File.join(temp_dir, "cli")
    expect(Array.new(2) { described_class.new(checkout).write(path) }).to eq([true, false])
  end
end
