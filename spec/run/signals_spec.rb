# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::Signals do
  # In a process of its own: signals are the process's.
  def ruby(script)
    library = File.expand_path("../../lib", __dir__)
    Open3.capture2e(RbConfig.ruby, "-I", library, "-r", "gitlab/backup/native", "-e",
                    "S = #{described_class}\n#{script}")
  end

  it "raises the first signal once, in the main thread" do
    output, status = ruby(<<~RUBY)
      S.listen do
        Process.kill("TERM", $$)
        sleep
      rescue SignalException => e
        3.times { Process.kill("INT", $$) }
        sleep 0.1
        puts "cleaned up after \#{e.signm}"
      end
    RUBY
    expect([output, status.exitstatus]).to eq(["cleaned up after SIGTERM\n", 0])
  end

  it "keeps a signal waiting while something is being acquired or released" do
    output, = ruby(<<~RUBY)
      S.listen do
        S.holding(open: -> { Process.kill("INT", $$); sleep 0.1; puts "open"; 1 }, close: ->(_) { puts "closed" }) { puts "never" }
      rescue SignalException
        puts "interrupted"
      end
    RUBY
    expect(output).to eq("open\nclosed\ninterrupted\n")
  end

  it "interrupts the block between the two" do
    output, = ruby(<<~RUBY)
      S.listen do
        S.holding(open: -> { 1 }, close: ->(_) { sleep 0.1; puts "closed" }) { Process.kill("INT", $$); sleep }
      rescue SignalException
        puts "interrupted"
      end
    RUBY
    expect(output).to eq("closed\ninterrupted\n")
  end

  it "leaves ignored what nohup ignores" do
    output, = ruby(<<~RUBY)
      trap("HUP", "IGNORE")
      S.listen { Process.kill("HUP", $$); sleep 0.1; puts "went on" }
    RUBY
    expect(output).to eq("went on\n")
  end
end
