# frozen_string_literal: true

require "openssl"

RSpec.describe Gitlab::Backup::Native::GitalyBackup do
  include GitalyBackupRuns

  let(:error) { Gitlab::Backup::Native::Error }

  describe "the call" do
    before { small_repository(at("a.git")) }

    { "16.10" => %w[-layout manifest], "18.11" => [], "19.0" => [] }.each do |version, layout|
      it "has the flags gitaly-backup #{version} knows" do
        expect(gitaly_back_up("a.git", version: version).files).to eq(1)
        expect(record["arguments"]).to eq(["-path", sink] + layout + %w[-parallel 2 -parallel-storage 2 -id ID1])
      end
    end

    it "has a line of its own for each repository, in order" do
      jobs = [job("a.git"), job("b.wiki.git", project: "größer.wiki")]
      gitaly_back_up(*jobs)
      expect(record["lines"]).to eq(jobs.map(&:to_line))
    end

    it "has the servers in the environment, and nothing secret among the arguments" do
      gitaly_back_up("a.git")
      expect(record["servers"]).to eq("default" => { "address" => "unix:/gitaly.socket", "token" => "s3cret" })
      expect(record["arguments"].join).not_to include("s3cret")
    end

    it "has OpenSSL's own certificates" do
      gitaly_back_up("a.git", variables: { "SSL_CERT_FILE" => nil, "SSL_CERT_DIR" => nil })
      expect(record["certificates"]).to eq([OpenSSL::X509::DEFAULT_CERT_FILE, OpenSSL::X509::DEFAULT_CERT_DIR])
    end

    it "leaves variables alone that the caller has set" do
      servers = { "default" => { "address" => "tcp://other:1", "token" => "" } }
      gitaly_back_up("a.git", variables: { "SSL_CERT_FILE" => "/mine",
                                           "GITALY_SERVERS" => Base64.strict_encode64(JSON.generate(servers)) })
      expect([record["servers"], record["certificates"].first]).to eq([servers, "/mine"])
    end

    it "is made as the account", if: Process.euid.zero? do
      account = Gitlab::Backup::Native::Account.for("nobody")
      File.chmod(0o755, temp_dir)
      FileUtils.mkdir_p(sink)
      File.write("#{temp_dir}/record", "")
      system("chown", "-R", "nobody", storage, sink, "#{temp_dir}/record", exception: true)
      gitaly_back_up("a.git", account: account)
      expect([record["user"], File.stat("#{sink}/default/a.git/ID1/001.bundle").uid]).to eq([account.uid] * 2)
    end

    it "is not made for an address of an unknown kind" do
      expect { gitaly_back_up("a.git", address: "http://x") }
        .to raise_error(error, "Unsupported Gitaly address: \"http://x\" does not use URL scheme " \
                               "'tcp' or 'unix' or 'tls' or 'dns'")
    end

    it "is not made for a path gitaly-backup would read as a URL" do
      expect { gitaly_back_up("a.git", directory: "#{temp_dir}/100%") }
        .to raise_error(error, /\Agitaly-backup cannot write below .*100%, as it takes \?, # and % for parts of a URL/)
    end

    it "says what to do when there is no such program" do
      expect { gitaly_back_up("a.git", path: "/nonexistent/gitaly-backup") }
        .to raise_error(error, "cannot run /nonexistent/gitaly-backup: No such file or directory: correct " \
                               "backup.gitaly_backup_path in gitlab.yml, or install it")
    end
  end

  describe "the result" do
    it "has the layout of the built-in engine, and its content" do
      odd_repository(at("odd.git"))
      FileUtils.mkdir_p("#{at("odd.git")}/custom_hooks")
      bare_repository(at("empty.git"))
      git(at("empty.git"), "symbolic-ref", "HEAD", "refs/heads/trunk")
      names = %w[odd.git empty.git gone.wiki.git]
      both = [-> { gitaly_back_up(*names) }, -> { back_up(*names) }]
      products = both.map do |run|
        FileUtils.rm_rf(sink)
        expect(run.call.problems).to eq([])
        written.to_h { |path| [path, path.end_with?(".bundle") ? heads("odd.git") : read(path)] }
      end
      expect(products.first).to eq(products.last)
    end

    it "does not count a repository that is not there, nor one that was skipped" do
      small_repository(at("a.git"))
      outcomes = %w[16.10 18.11].map { |version| gitaly_back_up("a.git", "gone.wiki.git", version: version) }
      expect(outcomes.map { |outcome| [outcome.files, outcome.problems] }).to eq([[1, []]] * 2)
    end

    it "has a problem when a project's repository is not there" do
      small_repository(at("a.git"))
      outcome = gitaly_back_up("a.git", "gone.git", "gone.wiki.git")
      expect([outcome.files, outcome.problems.map(&:to_a)])
        .to eq([1, [["repository", "default/gone.git (group/project)", "is in the database but not on disk"]]])
    end

    it "keeps the others when one repository is broken" do
      small_repository(at("a.git"))
      git(small_repository(at("detached.git")), "update-ref", "--no-deref", "HEAD", "refs/heads/main")
      outcome = gitaly_back_up("a.git", "detached.git", "gone.wiki.git")
      expect([outcome.files, outcome.problems.map(&:path)]).to eq([1, ["default/detached.git (group/project)"]])
      expect(outcome.problems.first.reason).to match(/\Amanager: symbolic-ref: .*HEAD is not a symbolic ref/)
    end

    it "does not mind lines that are no JSON, nor a megabyte on the standard error" do
      small_repository(at("a.git"))
      expect(%w[noise flood].map { |trick| gitaly_back_up("a.git", trick: trick).files }).to eq([1, 1])
    end

    it "does not wait for a program that has read enough" do
      jobs = (1..3000).map { |number| "#{"x" * 200}#{number}.git" }
      expect { gitaly_back_up(*jobs, trick: "silent") }
        .to raise_error(error, "gitaly-backup exit status 1 after 0 of 3000 repositories: it gave no reason")
    end
  end

  describe "a failure as a whole" do
    before { %w[a b c].each { |name| small_repository(at("#{name}.git")) } }

    it "is an exit status without a broken repository" do
      expect { gitaly_back_up("a.git", variables: { "GITALY_SERVERS" => "not base64" }) }
        .to raise_error(error,
                        /\Agitaly-backup exit status 1 after 0 of 1 repositories: create: unmarshal GITALY_SERVERS: /)
    end

    it "shows what the program said last, on one line" do
      expect { gitaly_back_up("a.git", "b.git", "c.git", trick: "panic") }
        .to raise_error(error,
                        "gitaly-backup exit status 1 after 2 of 3 repositories: panic: index out of range")
    end

    it "is an end by a signal" do
      expect { gitaly_back_up("a.git", "b.git", "c.git", trick: "killed") }
        .to raise_error(error, "gitaly-backup ended by signal 9 after 2 of 3 repositories: it gave no reason")
    end

    it "is a broken repository with others that were never tried" do
      FileUtils.mkdir_p(at("broken.git"))
      expect { gitaly_back_up("broken.git", "b.git", "c.git", trick: "breaks-off") }
        .to raise_error(error, "gitaly-backup exit status 1 after 1 of 3 repositories: create: unexpected EOF")
    end
  end

  it "ends the program when the run is broken off" do
    pid_file = "#{temp_dir}/pid"
    path = "#{temp_dir}/slow"
    File.write(path, "#!/bin/sh\ncase \"$*\" in *--help) echo -path; exit;; esac\n" \
                     "echo $$ > #{pid_file}.new; mv #{pid_file}.new #{pid_file}; exec sleep 600\n")
    File.chmod(0o755, path)
    run = Thread.new { gitaly_back_up("a.git", path: path) }
    sleep 0.01 until File.exist?(pid_file)
    run.kill.join
    expect { Process.kill(0, Integer(File.read(pid_file))) }.to raise_error(Errno::ESRCH)
  end
end
