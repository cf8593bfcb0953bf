# frozen_string_literal: true

# Backups as one tar, of components that are a few lines each.
module TarForms
  LIBRARY = File.expand_path("../../lib", __dir__)

  # What TarForm asks of a plan.
  Plan = Struct.new(:base, :id) do
    def tar_path = "#{base}/#{id}_gitlab_backup.tar"

    def information(db_version:)
      Gitlab::Backup::Native::BackupInformation.new(
        backup_id: id, created_at: Time.at(1_770_480_592), gitlab_version: "18.6.2-ee", installation_type: "source",
        db_version: db_version, tar_version: "tar (GNU tar) 1.34"
      )
    end
  end

  # One whose work is the block: it gets the ComponentJob and returns an Outcome.
  Part = Struct.new(:id, :products, :work) do
    def title = id
    def skip_reason = nil
    def backup(job) = work.call(job) || Gitlab::Backup::Native::Outcome.new
  end

  # No line of it is of interest here.
  class Silence
    def method_missing(*) = nil
    def respond_to_missing?(*) = true
  end

  # A component whose product is the folder `files` ({relative path => content}) is written to by another program.
  def self.folder_part(id, files)
    Part.new(id, [id], lambda do |job|
      files.each do |path, content|
        target = "#{job.product_path(id)}/#{path}"
        FileUtils.mkdir_p(File.dirname(target))
        File.binwrite(target, content)
      end
      nil
    end)
  end

  # A component that archives the folder `root`.
  def self.archive_part(id, root)
    Part.new(id, ["#{id}.tar.gz"], lambda do |job|
      job.product("#{id}.tar.gz") do |place|
        Gitlab::Backup::Native::Archive.new(root: root, manifest: job.manifest_path(id), backup_id: job.backup_id,
                                            workers: 2, **place).run
      end
      nil
    end)
  end

  # A component whose product fails when half of it is written.
  def self.failing_part(id, product)
    Part.new(id, [product], lambda do |job|
      job.product(product) do |place|
        place.fetch(:into).write("half of it")
        raise Gitlab::Backup::Native::Error, "it broke"
      end
    end)
  end

  # Backs the parts up into the backup path `base`. Returns the path of the tar, nil when nothing is kept.
  def self.run(base, parts, id: "1770480592_2026_02_07_18.6.2-ee", permissions: 0o600, reporter: Silence.new)
    plan = Plan.new(base, id)
    Gitlab::Backup::Native::TarForm.open(plan, permissions: permissions) do |form|
      Dir.mkdir("#{form.directory}/manifest")
      results = Gitlab::Backup::Native::ComponentRunner.new(
        instance: nil, reporter: reporter, directory: form.directory, backup_id: id, workers: 2,
        container: form.container
      ).call(parts)
      conclude(plan, form, results)
    end
  end

  def self.conclude(plan, form, results)
    summary = Gitlab::Backup::Native::Summary.build(backup_id: plan.id, created_at: Time.at(1_770_480_592), seconds: 1,
                                                    gitlab_version: "18.6.2-ee", results: results, skipped: [])
    return form.keep(results, summary: summary) if results.any?(&:failed?)

    form.publish(plan.information(db_version: "20260102030405"), summary: summary, sums: {})
  end

  # Command that runs the Ruby script with all of the above at hand, and these arguments.
  def self.command(script, *arguments)
    [RbConfig.ruby, "-I", LIBRARY, "-r", "gitlab/backup/native", "-r", "fileutils", "-r", __FILE__, "-e", script,
     *arguments]
  end
end
