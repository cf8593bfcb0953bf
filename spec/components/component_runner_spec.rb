# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::ComponentRunner do
  let(:reporter) { RecordingReporter.new }

  # A component that does what the block says.
  def component(id, skip_reason: nil, &block)
    Struct.new(:id, :title, :skip_reason, :work) do
      def backup(job) = work.call(job)
    end.new(id, id, skip_reason, block)
  end

  def run(*components, figures: {})
    described_class.new(instance: nil, reporter: reporter, directory: temp_dir, backup_id: "id", workers: 1,
                        figures: figures).call(components)
  end

  it "goes on after a component that failed as a whole" do
    results = run(component("a") { raise Gitlab::Backup::Native::Error, "broken" },
                  component("b") { raise Errno::ENOSPC, "/x" },
                  component("c") { Gitlab::Backup::Native::Outcome.new(files: 1) })
    expect(results.map(&:status)).to eq(%w[failed failed complete])
    expect(results.take(2).map { |result| result.error.message }).to eq(["broken", "No space left on device - /x"])
    expect(reporter.events.map(&:first)).to eq(%i[started ended] * 3)
  end

  it "passes over a component that has nothing to do here, with its reason" do
    expect(run(component("registry", skip_reason: "off"))).to eq([])
    expect(reporter.events).to eq([[:skipped, "registry", "off"]])
  end

  it "lets a bug and an interrupt through" do
    expect { run(component("a") { nil.size }) }.to raise_error(NoMethodError)
    expect { run(component("a") { raise SignalException, "TERM" }) }.to raise_error(SignalException)
  end

  it "lends the previous backup's figures to the estimate" do
    run(component("a") do |job|
      job.monitor.advance(raw: 50)
      Gitlab::Backup::Native::Outcome.new
    end, figures: { "a" => { "raw" => 200 } })
    expect(reporter.events.find { |event| event.first == :progress }.last.fraction).to eq(0.25)
  end
end
