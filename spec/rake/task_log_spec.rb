# frozen_string_literal: true

require "pty"

RSpec.describe Gitlab::Backup::Native::TaskLog do
  include TinyInstance

  let(:output) { StringIO.new }
  let(:errors) { StringIO.new }
  let(:clock) { -> { Time.at(1_770_480_594, 250, :millisecond) } }
  let(:log) { described_class.new(output: output, errors: errors, clock: clock) }
  let(:component) { Gitlab::Backup::Native::Components::Files.all(nil).find { |files| files.id == "lfs" } }

  def instance(root = tiny_instance, environment: {})
    Gitlab::Backup::Native::Instance.find(gitlab_path: root, environment: environment)
  end

  def result(error: nil, **outcome)
    outcome = Gitlab::Backup::Native::Outcome.new(**outcome)
    Gitlab::Backup::Native::ComponentResult.new(component: component, outcome: (outcome unless error), error: error,
                                                seconds: 1.0)
  end

  it "writes the time and the message, without colours when nobody watches" do
    log.info("Dumping database ... ")
    log.warning("w")
    log.error("e")
    expect(output.string).to eq("2026-02-07 16:09:54 UTC -- Dumping database ... \n2026-02-07 16:09:54 UTC -- w\n" \
                                "2026-02-07 16:09:54 UTC -- e\n")
  end

  it "colours whole lines on a terminal: cyan, yellow, red" do
    script = "require 'gitlab/backup/native'; l = Gitlab::Backup::Native::TaskLog.new(clock: -> { Time.at(0) }); " \
             "l.info('i'); l.warning('w'); l.error('e'); l.plain('a ', ['b', :blue])"
    shown = PTY.spawn({ "TERM" => "xterm" }, RbConfig.ruby, "-I#{File.expand_path("../../lib", __dir__)}", "-e",
                      script).first.each_line.first(4)
    time = "1970-01-01 00:00:00 UTC -- "
    expect(shown).to eq(["\e[36m#{time}i\e[0m\r\n", "\e[33m#{time}w\e[0m\r\n", "\e[31m#{time}e\e[0m\r\n",
                         "a \e[34mb\e[0m\r\n"])
  end

  it "copies the messages, one object per line and without colours, to GitLab's JSON log" do
    root = tiny_instance
    FileUtils.mkdir_p("#{root}/log")
    File.write("#{root}/log/backup_json.log", "earlier\n")
    log.attach(instance(root))
    log.info("first\nsecond")
    log.error("bad \xFF\e[31m")
    log.plain("not for programs")
    lines = File.readlines("#{root}/log/backup_json.log", chomp: true)
    expect(lines.shift).to eq("earlier")
    expect(lines.map { |line| JSON.parse(line) })
      .to eq([{ "severity" => "INFO", "time" => "2026-02-07T16:09:54.250Z", "message" => "first\nsecond" },
              { "severity" => "ERROR", "time" => "2026-02-07T16:09:54.250Z", "message" => "bad \\xFF\\x1B[31m" }])
  end

  it "tells the time in GitLab's zone, to programs in UTC" do
    root = tiny_instance
    config = YAML.load_file("#{root}/config/gitlab.yml")
    config["production"]["gitlab"]["time_zone"] = "Europe/Berlin"
    write("#{root}/config/gitlab.yml", config.to_yaml)
    FileUtils.mkdir_p("#{root}/log")
    log.attach(instance(root))
    log.info("x")
    expect(output.string).to eq("2026-02-07 17:09:54 +0100 -- x\n")
    expect(File.read("#{root}/log/backup_json.log")).to include("2026-02-07T16:09:54.250Z")
  end

  it "says once that the JSON log cannot be written, and goes on" do
    log.attach(instance)
    log.info("one")
    log.info("two")
    expect(output.string.lines.size).to eq(3)
    expect(output.string).to match(%r{log/backup_json.log cannot be written \(No such file or directory\)})
  end

  it "neither follows a link to the JSON log nor waits for somebody to read from it" do
    [->(path) { File.symlink("#{temp_dir}/victim", path) }, File.method(:mkfifo)].each do |maker|
      root = tiny_instance(at: Dir.mktmpdir("log-", temp_dir))
      FileUtils.mkdir_p("#{root}/log")
      maker.call("#{root}/log/backup_json.log")
      made = described_class.new(output: output)
      made.attach(instance(root))
      made.info("x")
    end
    expect(output.string.scan(/cannot be written \((.*?)\)/).flatten)
      .to eq(["Too many levels of symbolic links", "No such device or address"])
    expect(File.exist?("#{temp_dir}/victim")).to be(false)
  end

  it "shows no secret of the configuration or the variables, however it gets into a line" do
    root = tiny_instance(upload: { "connection" => { "aws_secret_access_key" => "AmaZon+/" }, "encryption_key" => "k" })
    write("#{root}/config/database.yml",
          { "production" => { "main" => { "database" => "d", "password" => "ge(heim" } } }.to_yaml)
    FileUtils.mkdir_p("#{root}/log")
    log.attach(instance(root, environment: { "GITLAB_BACKUP_CI_PGPASSWORD" => "enviro", "GITLAB_TOKEN" => "toktok" }))
    log.info("a ge(heim b AmaZon+/ c enviro d toktok e \xFF")
    log.plain("AmaZon+/", ["ge(heim", :red])
    shown = output.string + File.read("#{root}/log/backup_json.log")
    expect(shown).not_to match(%r{ge\(heim|AmaZon\+/|enviro|toktok})
    expect(shown).to include("a [FILTERED] b [FILTERED] c [FILTERED] d [FILTERED] e \\xFF")
  end

  describe "with CRON" do
    let(:log) { described_class.new(held: true, output: output, errors: errors, clock: clock) }

    it "is quiet" do
      log.info("i")
      log.error("e")
      log.plain("p")
      expect([output.string, errors.string]).to eq(["", ""])
    end

    it "shows everything, in order and once, when the run fails" do
      log.info("i")
      log.plain("p")
      log.failed_run
      log.failed_run
      log.info("after")
      expect([output.string, errors.string.lines.map { |line| line.chomp.split(" -- ").last }])
        .to eq(["", %w[i p after]])
    end

    it "keeps the newest of very many lines" do
      held = Gitlab::Backup::Native::HeldOutput.new(output)
      (Gitlab::Backup::Native::HeldOutput::MAX_LINES + 2).times { |number| held.puts(number) }
      held.release
      expect(output.string.lines.first(2)).to eq(["(2 earlier lines left out)\n", "2\n"])
    end
  end

  describe "as a Reporter" do
    def shown
      output.string.lines.map { |line| line.chomp.split(" -- ").last }
    end

    it "speaks of components as GitLab's tasks do" do
      log.component_started(component)
      log.component_ended(result(files: 1))
      log.component_left_out(component, "SKIPPED")
      log.component_ended(result(error: Gitlab::Backup::Native::Error.new("no room")))
      expect(shown).to eq(["Dumping lfs objects ... ", "Dumping lfs objects ... done",
                           "Dumping lfs objects ... [SKIPPED]", "Dumping lfs objects failed: no room"])
    end

    it "tells which repositories Gitaly stores itself" do
      log = described_class.new(server_side: true, output: output, clock: clock)
      all = Gitlab::Backup::Native::Component.all(nil).first(2)
      all.each { |component| log.component_started(component) }
      log.component_left_out(all.last, "SKIPPED")
      expect(shown).to eq(["Dumping database ... ", "Dumping repositories (Gitaly server-side) ... ",
                           "Dumping repositories (Gitaly server-side) ... [SKIPPED]"])
    end

    it "lists the first problems and counts the others" do
      problems = Array.new(12) { |n| Gitlab::Backup::Native::Problem.new(kind: "unreadable", path: "f#{n}", reason: "r") }
      log.component_ended(result(problems: problems, problem_count: 40, notes: { "vanished" => 1 }))
      expect(shown.first(2)).to eq(["lfs objects: 1 file vanished", "lfs objects: unreadable f0: r"])
      expect(shown.last(3)).to eq(["lfs objects: and 30 more", "lfs objects: 40 problems",
                                   "Dumping lfs objects ... done"])
    end
  end
end
