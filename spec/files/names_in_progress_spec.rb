# frozen_string_literal: true

# docs/format/directory.md lists the names of work in progress; the code makes them.
RSpec.describe "names of work in progress" do
  let(:native) { Gitlab::Backup::Native }
  let(:listed) do
    page = File.read("docs/format/directory.md", encoding: "UTF-8")
    rows = page[/^## Names of work in progress$.*/m].lines.grep(/^\| `/)
    rows.flat_map { |row| row.split(" | ").first.scan(/`([^`]+)`/).flatten }
  end

  let(:sources) do
    Dir["lib/**/*.rb", "ext/gitlab_backup_native/core/*.[ch]"].map { |path| File.read(path, encoding: "UTF-8") }.join
  end

  it "are listed with those that constants have" do
    folders = [native::WorkDirectory, native::TarFolder, native::Removal, native::StagedExchange, native::AsidePlace,
               native::Placement].map { |owner| owner::PREFIX }
    expect(folders).to all(satisfy { |prefix| listed.any? { |name| name.start_with?("#{prefix}<") } })
    expect(listed).to include("<restore id>#{native::Journal::SUFFIX}/", native::RunLock::FALLBACK_NAME,
                              "#{native::GitRestore::Exchange::FOLDER}/<restore id>/")
  end

  it "are listed with those that are written out, and no others of ours" do
    made = sources.scan(%r{["/](\.gbn-[a-z]+)}).flatten.uniq
    expect(made - listed.map { |name| name[/\A\.gbn-[a-z]+/] }).to eq([])
    words = (listed.grep(/\A\.gbn-/) - [native::RunLock::FALLBACK_NAME]).map { |name| name[/[a-z]+(?=-[<…])/] }
    expect(words).to all(satisfy { |word| sources.match?(/(?:\.gbn-|OURS})#{word}-/) })
  end
end
