# frozen_string_literal: true

require "open3"

# STRATEGY=copy: judged by what tar finds in the archives.
RSpec.describe Gitlab::Backup::Native::StillCopy do
  include TinyInstance

  let(:native) { Gitlab::Backup::Native }
  let(:root) { tiny_instance }
  let(:uploads) { "#{root}/public/uploads" }
  let(:monitor) { RecordingMonitor.new }

  def back_up(id = "uploads", strategy: :copy)
    FileUtils.mkdir_p("#{temp_dir}/path/job/manifest")
    instance = native::Instance.find(gitlab_path: root, environment: {})
    options = Struct.new(:strategy, :compress_cmd, :gzip_rsyncable, keyword_init: true).new(strategy: strategy)
    job = native::ComponentJob.new(instance: instance, directory: "#{temp_dir}/path/job", backup_id: "id", workers: 2,
                                   monitor: monitor, options: options)
    native::Components::Files.all(instance).find { |found| found.id == id }.backup(job)
  end

  # Puts a cp of these shell lines first in PATH; `$REAL "$@"` is what it was asked for.
  def with_cp(script)
    path = write("#{temp_dir}/bin/cp", "#!/bin/sh\nREAL=/bin/cp\nROOT=#{uploads}\n#{script}\n")
    File.chmod(0o755, path)
    before = ENV.fetch("PATH")
    ENV["PATH"] = "#{temp_dir}/bin:#{before}"
    yield
  ensure
    ENV["PATH"] = before
  end

  def extracted
    FileUtils.rm_rf("#{temp_dir}/out")
    FileUtils.mkdir_p("#{temp_dir}/out")
    run_tool("tar", "-C", "#{temp_dir}/out", "-xpzf", "#{temp_dir}/path/job/uploads.tar.gz")
    "#{temp_dir}/out"
  end

  def run_tool(*command)
    output, status = Open3.capture2e(*command)
    expect(status).to be_success, output
    output
  end

  # Names, types, modes, times, sizes and link targets.
  def tree(folder)
    run_tool("find", "#{folder}/", "-printf", "%P %y %m %Ts %s %l %U %G %n\n").lines.grep_v(/\A d/).sort +
      [File.stat(folder).mode, File.stat(folder).mtime.to_i]
  end

  def odd_uploads
    write("#{uploads}/sub/größer", "x")
    write("#{uploads}/-n", "a name like an option")
    write("#{uploads}/new\nline", "x")
    FileUtils.ln("#{uploads}/a.txt", "#{uploads}/sub/hard")
    File.symlink("nowhere", "#{uploads}/link")
    File.chmod(0o2750, "#{uploads}/sub")
    File.utime(1, 1, "#{uploads}/sub", "#{uploads}/a.txt")
    File.chmod(0o751, uploads)
    File.utime(2, 2, uploads)
  end

  def left
    Dir.children("#{temp_dir}/path")
  end

  it "has all the archive would have without it, and is gone afterwards" do
    odd_uploads
    expect(back_up).to have_attributes(problem_count: 0, notes: {})
    expect(tree(extracted)).to eq(tree(uploads))
    expect([left, monitor.warnings, monitor.lines]).to eq([["job"], [], []])
  end

  it "leaves out what is not to be archived, before it is copied" do
    %w[tmp/x a/tmp/x lost+found/x a/lost+found/x].each { |path| write("#{uploads}/#{path}", "") }
    with_cp("echo \"$@\" >> #{temp_dir}/calls; exec $REAL \"$@\"") { back_up }
    expect(Dir.glob("**/*", base: extracted).sort).to eq(%w[a a/tmp a/tmp/x a.txt].sort)
    expect(File.read("#{temp_dir}/calls")).not_to match(%r{uploads/(tmp|lost)})
  end

  it "archives what was there when it was made" do
    with_cp("$REAL \"$@\" || exit; rm \"$ROOT/a.txt\"") { back_up }
    expect(Dir.children(extracted)).to eq(["a.txt"])
  end

  it "copies more names than a command line holds" do
    1200.times { |number| write("#{uploads}/#{"n" * 200}#{number}", "") }
    back_up
    expect(Dir.children(extracted).size).to eq(1201)
  end

  it "follows a link to the folder" do
    FileUtils.mv(uploads, "#{root}/elsewhere")
    File.symlink("../elsewhere", uploads)
    back_up
    expect(Dir.children(extracted)).to eq(["a.txt"])
  end

  it "is not made of a folder that is not there" do
    expect(back_up("lfs").files).to eq(0)
    expect(left).to eq(["job"])
  end

  it "is made again when files vanish under it, and what is there by then is in it" do
    write("#{uploads}/b.txt", "")
    change = "case $* in *update*) ;; *) rm \"$ROOT/b.txt\"; echo new > \"$ROOT/c.txt\" ;; esac"
    with_cp("#{change}; exec $REAL \"$@\"") { back_up }
    expect(Dir.children(extracted).sort).to eq(%w[a.txt c.txt])
    expect([monitor.lines, monitor.warnings])
      .to eq([["Warning: files vanished during copying, retrying..."], []])
  end

  it "tells what vanishes all the time, and goes on" do
    script = "name=b$$; touch \"$ROOT/$name\"; rm \"$ROOT/$name\"; exec $REAL \"$@\" \"$ROOT/$name\""
    with_cp(script) { expect(back_up.problem_count).to eq(0) }
    expect(Dir.children(extracted)).to eq(["a.txt"])
    expect(monitor.warnings)
      .to match([%r{uploads: 1 file vanished or changed while being copied: \S*cp: cannot stat '.*/b\d+'}])
  end

  it "fails as a whole for anything else, and leaves nothing" do
    { "echo \"cp: error writing 'x': No space left on device\" >&2; exit 1" => /No space left on device: mend that/,
      "kill -9 $$" => /STRATEGY=copy: pid \d+ SIGKILL/ }.each do |script, message|
      with_cp(script) { expect { back_up }.to raise_error(native::Error, message) }
      expect([left, Dir.children("#{temp_dir}/path/job")]).to eq([["job"], ["manifest"]])
    end
  end

  it "is gone when the archive fails, too" do
    write("#{temp_dir}/path/job/uploads.tar.gz", "in the way")
    expect { back_up }.to raise_error(native::Error, /File exists/)
    expect(left).to eq(["job"])
  end

  it "is not made unless asked for" do
    with_cp("exit 1") { expect(back_up(strategy: :stream).files).to eq(1) }
  end
end
