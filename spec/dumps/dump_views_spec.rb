# frozen_string_literal: true

# The order in which materialized views are filled again, which pg_dump finds by sorting all it knows.
RSpec.describe Gitlab::Backup::Native::DumpViews do
  include DumpPairs

  let(:name) { "gbn_views" }
  let(:seed) { Random.new_seed % 100_000 }
  let(:random) { Random.new(seed) }

  before { cluster.create_database(name) }

  after { cluster.query("DROP DATABASE #{name} WITH (FORCE)") }

  # Views of up to three earlier ones each, two thirds of them materialized, some of these empty.
  def some_views(count)
    empty = {}
    texts = Array.new(count) do |number|
      view = "#{%w[A z É _ m].sample(random: random)}#{number}"
      sources = empty.keys.sample(random.rand(4), random: random)
      materialized = random.rand(3).positive?
      empty[view] = sources.any? { |source| empty[source] } || (materialized && random.rand(8).zero?)
      "CREATE #{"MATERIALIZED " if materialized}VIEW \"#{view}\" AS #{query(sources)} " \
        "#{"WITH NO DATA" if materialized && empty[view]};"
    end
    last = emptied(empty.keys.sample(3, random: random))
    ["CREATE TABLE base (id int PRIMARY KEY, t text);", *texts, *last].join("\n")
  end

  def query(sources)
    return "SELECT id FROM base #{"GROUP BY id HAVING base.t = 'x'" if random.rand(2).zero?}" if sources.empty?

    sources.map { |source| "SELECT id FROM \"#{source}\"" }.join(" UNION ALL ")
  end

  # What others were made of, where that can be emptied.
  def emptied(views)
    views.map do |view|
      "SELECT 'REFRESH MATERIALIZED VIEW \"#{view}\" WITH NO DATA' FROM pg_matviews " \
        "WHERE matviewname = '#{view}' \\gexec"
    end
  end

  it "is pg_dump's, whatever is made of what" do
    cluster.query(some_views(80), database: name)
    pair = pair_of(name)
    expect(pair.ours.scan(/^REFRESH MATERIALIZED VIEW/).size).to be > 2
    expect(pair.difference).to be_nil, "seed #{seed}: #{pair.difference}"
  end
end
