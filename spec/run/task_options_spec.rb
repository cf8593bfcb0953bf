# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::TaskOptions do
  flag = [["true", true], ["T", true], ["yes", true], ["Y", true], ["1", true], ["on", true], ["ON", true],
          ["false", false], ["f", false], ["no", false], ["N", false], ["0", false], ["off", false],
          ["", false], [" yes", false], ["yes\nno", false], ["ja", false], ["2", false], [nil, false]]
  list = [["a,b", %w[a b]], ["b,a,b", %w[b a]], ["a, b", ["a", " b"]], [",a", ["", "a"]], ["a,", %w[a]],
          ["", []], [nil, []]]
  number = [["4", 4], ["0", 0], ["-2", -2], ["many", 0], ["3x", 3], ["", 0], [nil, nil]]
  text = [["nightly", "nightly"], ["a/b c", "a/b c"], ["", ""], [nil, nil]]
  name = [["1770480592_2026_02_07_18.6.2", "1770480592_2026_02_07_18.6.2"], ["/srv/x", "x"], ["../x", "x"],
          ["x_gitlab_backup.tar", "x_gitlab_backup.tar"], ["", ""], [nil, nil]]
  command = [["pigz -c --best", "pigz -c --best"], ["tee \"a b\"", "tee \"a b\""], ["  ", nil], ["", nil], [nil, nil]]

  # Variable => field and [value, what becomes of it].
  table = {
    "BACKUP" => [:backup, name], "PREVIOUS_BACKUP" => [:previous_backup, name], "INCREMENTAL" => [:incremental, flag],
    "FORCE" => [:force, flag], "force" => [:force, flag], "GITLAB_ASSUME_YES" => [:gitlab_assume_yes, flag],
    "BACKUP_SKIP_STORAGE_CHECK" => [:backup_skip_storage_check, flag],
    "STRATEGY" => [:strategy, [["copy", :copy], ["COPY", :stream], ["copy ", :stream], ["stream", :stream],
                               ["rsync", :stream], ["", :stream], [nil, :stream]]],
    "SKIP" => [:skip, [["db", %w[db]], ["external_diffs,remote,db,tar", %w[tar remote db external_diffs]],
                       ["db,db", %w[db]], ["db, lfs", %w[db]], ["DB,database,repo", []], [",", []], ["", []],
                       ["#{Gitlab::Backup::Native::Component::IDS.join(",")},x",
                        Gitlab::Backup::Native::Component::SKIP_ORDER], [nil, []]]],
    "GITLAB_BACKUP_MAX_CONCURRENCY" => [:gitlab_backup_max_concurrency, number],
    "GITLAB_BACKUP_MAX_STORAGE_CONCURRENCY" => [:gitlab_backup_max_storage_concurrency, number],
    "DIRECTORY" => [:directory, text], "REPOSITORIES_STORAGES" => [:repositories_storages, list],
    "REPOSITORIES_PATHS" => [:repositories_paths, list], "SKIP_REPOSITORIES_PATHS" => [:skip_repositories_paths, list],
    "REPOSITORIES_SERVER_SIDE" => [:repositories_server_side, flag], "COMPRESS_CMD" => [:compress_cmd, command],
    "DECOMPRESS_CMD" => [:decompress_cmd, command],
    "GZIP_RSYNCABLE" => [:gzip_rsyncable, [["yes", true], ["true", false], ["1", false],
                                           ["YES", false], ["yes ", false],
                                           ["", false], [nil, false]]],
    "CRON" => [:cron, [["1", true], ["0", true], ["false", true], ["", true], [nil, false]]],
    "INCOMPLETE" => [:incomplete, flag], "FETCH_REMOTE" => [:fetch_remote, flag], "BWLIMIT" => [:bwlimit, text],
    "NICE" => [:nice, text], "IONICE" => [:ionice, text]
  }

  table.each do |variable, (field, rows)|
    rows.each do |value, expected|
      it "takes #{variable}#{value ? "=#{value.inspect}" : " not set"} for #{expected.inspect}" do
        expect(described_class.from({ variable => value }.compact).public_send(field)).to eq(expected)
      end
    end
  end

  it "prefers FORCE, also an empty or a false one, to force" do
    values = ["yes", "no", ""].to_h { |upper| [upper, described_class.from("FORCE" => upper, "force" => "yes").force] }
    expect(values).to eq("yes" => true, "no" => false, "" => false)
  end

  it "covers all variables by a row" do
    expect(table.values.map(&:first).uniq.sort).to eq(described_class.members.sort)
  end

  describe "#merge" do
    # What the metadata of a backup say.
    def information(skipped: [], storages: [], paths: [], server_side: false)
      Gitlab::Backup::Native::BackupInformation.new(
        backup_id: "1_a", created_at: Time.now, gitlab_version: "18.6.2", installation_type: "source", db_version: nil,
        tar_version: nil, skipped: skipped, repositories_storages: storages, repositories_paths: paths,
        repositories_server_side: server_side
      )
    end

    it "adds what the backup was made without, and takes nothing away" do
      options = described_class.from("SKIP" => "lfs,remote", "REPOSITORIES_PATHS" => "a,b")
      options.merge(information(skipped: %w[tar db lfs], paths: %w[b c], storages: %w[default]))
      expect([options.skip, options.repositories_paths, options.repositories_storages, options.skip_repositories_paths])
        .to eq([%w[tar remote db lfs], %w[a b c], %w[default], []])
      expect([options.skip?("db"), options.skip?("uploads")]).to eq([true, false])
    end

    it "adds up over a chain of backups" do
      options = described_class.from({})
      options.merge(information(skipped: %w[db]))
      options.merge(information(skipped: %w[pages], storages: %w[one]))
      expect([options.skip, options.repositories_storages]).to eq([%w[db pages], %w[one]])
    end

    it "stores repositories as they were stored before, whatever is asked for" do
      options = [{}, { "REPOSITORIES_SERVER_SIDE" => "true" }].map { |variables| described_class.from(variables) }
      options.zip([true, false]) { |one, stored| one.merge(information(server_side: stored)) }
      expect(options.map(&:repositories_server_side)).to eq([true, false])
    end
  end

  it "reads UTF-8 whatever the locale, and bytes that are none without a fuss" do
    bytes = { "BACKUP" => "gr\xC3\xB6\xC3\x9Fe", "REPOSITORIES_PATHS" => "g/\xC3\xB6" }
    options = described_class.from(bytes.transform_values { |value| value.dup.force_encoding(Encoding::US_ASCII) })
    expect([options.backup, options.repositories_paths]).to eq(["größe", %w[g/ö]])
    broken = table.keys.to_h { |variable| [variable, "a\xFF,b".dup.force_encoding(Encoding::US_ASCII)] }
    expect { described_class.from(broken) }.not_to raise_error
  end

  it "keeps nothing of the environment but its own variables" do
    expect(described_class.from("PGPASSWORD" => "geheim", "SKIP" => "db").inspect).not_to include("geheim")
  end
end
