# frozen_string_literal: true

require "open3"
require "rbconfig"

RSpec.describe "rakelib/support/parallel_specs" do
  # Makes spec files and runs them. Returns what is printed and the exit status.
  def run(files)
    files.each { |name, text| File.write("#{temp_dir}/#{name}_spec.rb", "RSpec.describe('#{name}') { #{text} }") }
    library = File.expand_path("../../rakelib/support/parallel_specs", __dir__)
    script = "exit(ParallelSpecs.new(Dir['*_spec.rb'], seed: 77).run)"
    output, status = Open3.capture2e(RbConfig.ruby, *$LOAD_PATH.map { |folder| "-I#{folder}" }, "-r", library,
                                     "-e", script, chdir: temp_dir)
    [output, status.exitstatus]
  end

  it "runs every file once and counts its examples" do
    files = Array.new(9) { |index| ["f#{index}", "it('is fine') { File.write('ran', '#{index}', mode: 'a') }"] }.to_h
    expect(run(files)).to match([/\A\.{9}\n.*^9 examples, 0 failures\n.*seed 77$/m, 0])
    expect(File.read("#{temp_dir}/ran").chars.sort.join).to eq("012345678")
  end

  it "tells failures in full, and once more by name at the end" do
    output, status = run("good" => "it('is fine') {}", "bad" => "it('adds') { expect(1 + 1).to eq(3) }",
                         "later" => "it('waits')")
    expect(output).to match(%r{F\nrspec \./bad_spec\.rb:1 # bad adds\n.*^Failures:}m)
      .and match(/1\) bad adds.*expected: 3\s+got: 2.*^3 examples, 1 failures, 1 pending$/m)
      .and match(%r{Failed examples:\n\nrspec \./bad_spec\.rb:1 # bad adds\n\nRandomized with seed 77\n\z})
    expect(status).to eq(1)
  end

  it "fails when a file cannot be loaded" do
    expect(run("broken" => "raise 'no such thing'", "good" => "it('is fine') {}")).to match([/no such thing/, 1])
  end

  it "fails when a process ends amid a file, and runs the others" do
    output, status = run("fatal" => "it('ends') { exit!(0) }", "good" => "it('is fine') {}")
    expect(output).to match(/ended \(.*exit 0\) in fatal_spec\.rb/).and include("Not finished: fatal_spec.rb")
    expect(status).to eq(1)
  end

  it "fails when a hook does, which is no example" do
    output, status = run("hook" => "after(:context) { raise 'torn' }\nit('is fine') {}", "good" => "it('is fine') {}")
    expect(output).to match(/after\(:context\).*torn/m).and match(/^A process of the specs ended \(.*exit 1\)\.$/)
      .and match(/^2 examples, 0 failures$/)
    expect(status).to eq(1)
  end

  it "fails when a hook does as well as an example" do
    output, status = run("both" => "after(:context) { raise 'torn' }\nit('adds') { expect(1).to eq(2) }")
    expect(output).to match(/torn/).and match(/^1 examples, 1 failures$/)
    expect(status).to eq(1)
  end

  it "fails when a process is killed amid a file" do
    output, status = run("killed" => "it('dies') { Process.kill(:KILL, Process.pid) && sleep }")
    expect(output).to match(/ended \(.*SIGKILL.*\) in killed_spec\.rb\.$/)
    expect(status).to eq(1)
  end

  it "fails when a process is killed with every example behind it" do
    output, status = run("late" => "it('is fine') { at_exit { Process.kill(:KILL, Process.pid) && sleep } }")
    expect(output).to match(/ended \(.*SIGKILL.*\)\.$/).and match(/^1 examples, 0 failures$/)
    expect(status).to eq(1)
  end

  it "fails when a process ends with a status that rspec does not know" do
    output, status = run("odd" => "it('is fine') { at_exit { exit!(3) } }")
    expect(output).to match(/ended \(.*exit 3\)\.$/)
    expect(status).to eq(1)
  end
end
