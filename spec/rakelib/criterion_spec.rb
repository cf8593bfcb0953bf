# frozen_string_literal: true

require_relative "../../rakelib/support/criterion"

RSpec.describe Criterion do
  # A program that prints this and ends so.
  def program(text, status)
    "#{temp_dir}/program".tap do |path|
      File.write(path, "#!/bin/sh\ncat >&2 <<'END'\n#{text}\nEND\nexit #{status}\n")
      File.chmod(0o755, path)
    end
  end

  it "shows what the tests print" do
    expect { described_class.run(program("[====] 620 tests", 0)) }.to output("[====] 620 tests\n").to_stdout
  end

  it "fails when what is asserted after a test does not hold" do
    text = "[----] test/support/scratch.c:37: Assertion Failed\n[----]   rm -rf\n[====] Synthesis: Failing: 0"
    expect { expect { described_class.run(program(text, 0)) }.to output(/\n\n.*scratch\.c:37.*rm/m).to_stdout }
      .to raise_error(SystemExit).and output(/C tests failed/).to_stderr
  end

  it "ends with the tests that failed, and what they said" do
    text = "[----] a.c:1: Assertion Failed\n[FAIL] pipe::waits: (0.01s)\n[PASS] pipe::ends: (0.01s)\n" \
           "[----] b.c:2: Unexpected signal\n[FAIL] walk::ends: CRASH!\n[====] Synthesis: Failing: 1 | Crashing: 1"
    said = /Synthesis.*\n\n.*a\.c:1.*\n.*pipe::waits.*\n.*b\.c:2.*\n.*walk::ends: CRASH!\n\z/
    expect { expect { described_class.run(program(text, 1)) }.to output(said).to_stdout }
      .to raise_error(SystemExit).and output(/\AC tests failed: .* exit 1\n\z/).to_stderr
  end
end
