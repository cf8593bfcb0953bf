# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::LoadSchedule do
  # name, and the keys: "a,b"; "~a" shares a.
  def unit(name, keys, weight: 0)
    Gitlab::Backup::Native::LoadUnit.new(kind: name, parts: [], keys: keys.delete("~").split(","),
                                         shared: keys.start_with?("~"), weight: weight)
  end

  def run(units, workers: %w[one two three], &block)
    described_class.new(units).run(workers, &block)
  end

  it "begins with the heaviest, and keeps the order of those that weigh the same" do
    units = [unit(:a, "a", weight: 1), unit(:b, "b"), unit(:c, "c", weight: 2), unit(:d, "d")]
    seen = []
    run(units, workers: %w[one]) { |worker, unit| seen << [worker, unit.kind] }
    expect(seen).to eq([%i[c a b d]].flatten.map { |name| ["one", name] })
  end

  it "never lets two run that share a key, and lets the others run at once" do
    units = Array.new(300) { |i| unit(i, [i % 7, (i * 3) % 5].map(&:to_s).uniq.join(","), weight: i % 4) }
    running = []
    clashes = []
    together = 0
    mutex = Mutex.new
    run(units) do |_, unit|
      mutex.synchronize do
        clashes.concat(running.select { |other| other.keys.intersect?(unit.keys) })
        together = [together, running.push(unit).size].max
      end
      Thread.pass
      mutex.synchronize { running.delete(unit) }
    end
    expect([clashes, running]).to eq([[], []])
    expect(together).to be > 1
  end

  it "begins nothing before the rows it needs are there, and waits for no others" do
    index = unit(:index, "b", weight: 9).tap { |one| one.needs = %w[b root] }
    rows = %w[a b root].map { |name| unit(:rows, name).tap { |one| one.names = [name] } }
    seen = []
    begun = Queue.new
    run([index, *rows]) do |_, unit|
      seen << [:begin, unit.keys]
      unit.kind == :index ? begun << true : (begun.pop if unit.names == %w[a])
      seen << [:end, unit.keys] if unit.kind == :rows
    end
    order = [[:end, %w[b]], [:end, %w[root]], [:begin, %w[b]], [:end, %w[a]]].map { |event| seen.rindex(event) }
    expect(order[2]).to be_between(order[0..1].max, order[3]).exclusive
  end

  it "lets those run at once that share their table" do
    arrived = Queue.new
    both = Queue.new
    run([unit(:a, "~t"), unit(:b, "~t")]) do |_, unit|
      arrived << unit
      2.times { both << true } if arrived.size == 2
      both.pop
    end
    expect(arrived.size).to eq(2)
  end

  it "raises the first exception, and ends the other threads" do
    before = Thread.list.size
    stuck = Queue.new
    ended = Queue.new
    expect do
      run([unit(:bad, "a"), unit(:stuck, "b")]) do |_, unit|
        next stuck.num_waiting.zero? ? Thread.pass : raise(KeyError, "bad") while unit.kind == :bad

        stuck.pop
      ensure
        ended << unit.kind
      end
    end.to raise_error(KeyError, "bad")
    expect([Array.new(ended.size) { ended.pop }.sort, Thread.list.size]).to eq([%i[bad stuck], before])
  end

  it "leaves no thread when it is interrupted" do
    before = Thread.list.size
    stuck = Queue.new
    thread = Thread.new { run([unit(:a, "a"), unit(:b, "b"), unit(:c, "a")]) { stuck.pop } }
    thread.report_on_exception = false
    Thread.pass until stuck.num_waiting == 2
    thread.raise(Interrupt)
    expect { thread.join }.to raise_error(Interrupt)
    expect(Thread.list.size).to eq(before)
  end
end
