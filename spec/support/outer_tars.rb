# frozen_string_literal: true

require "fileutils"
require "open3"
require "zlib"

# Single tar files as GitLab's Rake tasks, Helm's toolbox or a hand make them: by GNU tar and gzip.
module OuterTars
  OUTER_ID = "1714053314_2024_04_25_18.6.2-ee"
  # As a GitLab before 16 wrote it: no id, and a plain time.
  OLD_INFORMATION = <<~YAML
    :db_version: '20240401000000'
    :backup_created_at: 2024-04-25 13:55:14.000000000 Z
    :gitlab_version: 18.6.2-ee
    :tar_version: tar (GNU tar) 1.34
    :installation_type: source
    :skipped: ''
  YAML

  # Makes the files ({relative path => content}) and puts them into `<id>_gitlab_backup.tar` of the folder `base`, in
  # that order. Returns the tar's path.
  def outer_tar(base, files, *options, id: OUTER_ID)
    folder = filled_folder(files)
    pack(base, folder, files.keys.map { |path| path[%r{\A[^/]+}] }.uniq, *options, id: id)
  end

  # GNU tar of these members of the folder.
  def pack(base, folder, members, *options, id: OUTER_ID)
    FileUtils.mkdir_p(base)
    target = "#{base}/#{id}_gitlab_backup.tar"
    run_tool("tar", "--exclude=lost+found", "--directory=#{folder}", "--create", "--file=#{target}", *options, *members)
    target
  end

  # Content of a `.tar.gz` with these files ({relative path => content}), as GitLab makes it.
  def stock_archive(files)
    folder = filled_folder(files)
    output, status = Open3.capture2("tar --directory=#{folder} --create --file=- . | gzip -c -1", binmode: true)
    raise "tar failed" unless status.success?

    output
  end

  # A new folder with these files.
  def filled_folder(files)
    Dir.mktmpdir("files-", temp_dir).tap do |folder|
      files.each do |path, content|
        FileUtils.mkdir_p(File.dirname("#{folder}/#{path}"))
        File.binwrite("#{folder}/#{path}", content)
      end
    end
  end

  def run_tool(*command)
    output, status = Open3.capture2e({ "LC_ALL" => "C.UTF-8" }, *command)
    raise "#{command.first}: #{output}" unless status.success?

    output
  end
end
