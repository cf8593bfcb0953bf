# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::RepositoryWorkers do
  let(:spool) do
    Gitlab::Backup::Native::RepositorySpool.new(temp_dir).tap do |spool|
      6.times do |i|
        spool.push(Gitlab::Backup::Native::RepositoryJob.new(storage_name: "default", relative_path: "#{i}.git"))
      end
    end
  end

  after { spool.close }

  it "yields each job once, with what its thread has for all of them" do
    made = Queue.new
    seen = Queue.new
    own = ->(&jobs) { jobs.call(Object.new.tap { |thing| made << thing }) }
    described_class.each(spool, 3, with: own) { |job, thing| seen << [job.relative_path, thing] }
    paths, things = Array.new(seen.size) { seen.pop }.transpose
    expect(paths.sort).to eq(%w[0.git 1.git 2.git 3.git 4.git 5.git])
    expect(things.uniq - Array.new(made.size) { made.pop }).to be_empty
  end

  it "raises the first failure at once, and ends those that are at work" do
    busy = Queue.new
    told = Queue.new
    work = lambda do |job|
      raise KeyError, "torn" if job.relative_path == "1.git" && busy.pop

      busy << true
      sleep
    ensure
      told << job.relative_path
    end
    expect { described_class.each(spool, 2, &work) }.to raise_error(KeyError, "torn")
    expect(Array.new(told.size) { told.pop }.sort).to eq(%w[0.git 1.git])
  end

  it "hides no bug of a thread's own end" do
    bad_end = lambda do |&jobs|
      jobs.call
    ensure
      raise NoMethodError, "a bug"
    end
    expect { described_class.each(spool, 2, with: bad_end) { nil } }.to raise_error(NoMethodError, "a bug")
  end
end
