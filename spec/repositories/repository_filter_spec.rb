# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::RepositoryFilter do
  include GitlabSchema

  options = Struct.new(:repositories_storages, :repositories_paths, :skip_repositories_paths, keyword_init: true)
  all = %w[acme/seven acme/tools/größer acme/seven.wiki acme/tools/größer.wiki acme/tools.wiki
           acme/tools/größer.design acme/seven/snippets/4 snippets/3]

  before(:context) { gitlab_database("gbn_repository_filter") }

  # What people see of the repositories asked for.
  def listed(database: "gbn_repository_filter", **lists)
    connected(database) do |connection|
      filter = described_class.new(**lists)
      Gitlab::Backup::Native::RepositoryList.new(connection, filter: filter).each.map(&:gl_project_path)
    end
  end

  # lists => what is left; in the table of GitlabSchema `acme/tools` and snippet 4 are on `fast`.
  {
    {} => all,
    { storages: %w[fast] } => %w[acme/tools/größer acme/tools/größer.wiki acme/tools.wiki acme/tools/größer.design
                                 acme/seven/snippets/4],
    { storages: %w[default] } => %w[acme/seven acme/seven.wiki snippets/3],
    { storages: %w[default fast] } => all,
    { storages: %w[nosuch] } => [],
    { paths: %w[acme] } => all - %w[snippets/3],
    { paths: %w[acme/tools] } => all.grep(%r{acme/tools}),
    { paths: %w[acme/seven] } => %w[acme/seven acme/seven.wiki acme/seven/snippets/4],
    { paths: %w[ACME/Seven] } => %w[acme/seven acme/seven.wiki acme/seven/snippets/4],
    { paths: %w[acme/seven acme/tools] } => all - %w[snippets/3],
    { paths: %w[acme/s] } => [],
    { paths: %w[acme%] } => [],
    { paths: %w[a_me] } => [],
    { paths: [""] } => [],
    { skip_paths: %w[acme/tools] } => all.grep_v(%r{acme/tools}),
    { skip_paths: %w[acme] } => %w[snippets/3],
    { skip_paths: %w[acme/tools nosuch] } => all.grep_v(%r{acme/tools}),
    { storages: %w[default], skip_paths: %w[nosuch] } => %w[acme/seven acme/seven.wiki],
    { storages: %w[fast], paths: %w[acme/seven] } => %w[acme/seven/snippets/4],
    { paths: %w[acme], skip_paths: %w[acme/tools] } => %w[acme/seven acme/seven.wiki acme/seven/snippets/4],
    { paths: %w[acme/seven], skip_paths: %w[acme/seven] } => []
  }.each do |lists, left|
    it "leaves #{left.size} repositories of #{all.size} with #{lists.inspect}" do
      expect(listed(**lists)).to eq(left)
    end
  end

  it "keeps a project without a route unless paths are asked for" do
    rows = "#{GitlabSchema::ROWS}\nDELETE FROM routes WHERE source_id = 12;"
    database = gitlab_database(sql: "#{rows} DROP VIEW #{GitlabSchema::VIEWS.join(", ")};")
    expect(listed(database: database, skip_paths: %w[acme/seven])).to include("", ".wiki")
    expect(listed(database: database, paths: %w[acme/tools])).not_to include("")
  end

  it "takes names of whatever encoding, with all that arrays quote" do
    odd = ["größe\"r, {x}\\".b.force_encoding(Encoding::US_ASCII), "\xFF".b]
    expect(listed(paths: odd)).to eq([])
    expect(listed(paths: ["acme/tools/größer".b.force_encoding(Encoding::US_ASCII)])).to include("acme/tools/größer")
  end

  it "is made of the options of a run, or of none" do
    given = options.new(repositories_storages: %w[a], repositories_paths: nil, skip_repositories_paths: %w[b])
    expect(described_class.of(given).to_a).to eq([%w[a], [], %w[b]])
    expect(described_class.of(nil)).to be_none
  end

  it "knows whether a storage keeps repositories besides" do
    expect([described_class.new, described_class.new(storages: %w[a]), described_class.new(paths: %w[a]),
            described_class.new(skip_paths: %w[a])].map(&:paths?)).to eq([false, false, true, true])
  end
end
