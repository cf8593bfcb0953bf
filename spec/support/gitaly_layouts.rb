# frozen_string_literal: true

require_relative "git_repositories"

# Backups as gitaly-backup leaves them, written by plain git into `sink`: full ones and
# increments, in each of the three layouts.
module GitalyLayouts
  include GitRepositories

  MANIFEST_KEYS = { bundle: "bundle_path", refs: "ref_path", previous: "previous_ref_path",
                    hooks: "custom_hooks_path" }.freeze

  # Adds a step. relative: the repository's path in the backup; steps: those before it, as this
  # returned them. Returns [{bundle:, refs:, hooks:, previous:}], oldest first.
  def save(repository, relative, id: "ID1", steps: [], storage_name: "default", manifest: true)
    base = format("%s/%s/%s/%03d", storage_name, relative, id, steps.size + 1)
    step = { bundle: "#{base}.bundle", refs: "#{base}.refs", hooks: "#{base}.custom_hooks.tar" }
    step[:previous] = steps.last[:refs] if steps.any?
    write_step(repository, step)
    steps += [step]
    put("manifests/#{storage_name}/#{relative}/#{id}.toml", manifest_text(repository, steps)) if manifest
    steps
  end

  # The same in the pointer layout. full: the id of the full backup.
  def save_pointer(repository, relative, full: "ID1", steps: [])
    folder = "#{relative.delete_suffix(".git")}/#{full}"
    number = Kernel.format("%03d", steps.size + 1)
    step = { bundle: "#{folder}/#{number}.bundle", refs: "#{folder}/#{number}.refs",
             hooks: "#{folder}/#{number}.custom_hooks.tar" }
    step[:previous] = steps.last[:refs] if steps.any?
    write_step(repository, step)
    put("#{folder}/LATEST", number)
    put("#{File.dirname(folder)}/LATEST", full)
    steps + [step]
  end

  # The same in the legacy layout.
  def save_legacy(repository, relative)
    base = relative.delete_suffix(".git")
    write_step(repository, { bundle: "#{base}.bundle", refs: "#{base}.refs", hooks: "#{base}/custom_hooks.tar" })
  end

  # A manifest's text in the form gitaly-backup gives it.
  def manifest_text(repository, steps, **facts)
    facts = { empty: !File.size?(File.join(sink, steps.last[:refs])), non_existent: false,
              object_format: git(repository, "rev-parse", "--show-object-format"),
              head_reference: git(repository, "symbolic-ref", "HEAD") }.merge(facts)
    lines = facts.map { |key, value| "#{key} = #{value.is_a?(String) ? "'#{value}'" : value}\n" }
    lines.join + steps.map { |step| "\n[[steps]]\n#{step_text(step)}" }.join
  end

  # Writes a file of the backup.
  def put(relative, content)
    path = File.join(sink, relative)
    FileUtils.mkdir_p(File.dirname(path))
    File.binwrite(path, content)
  end

  # Adds an executable hook to a repository.
  def add_hook(repository, name, content = "#!/bin/sh\n")
    FileUtils.mkdir_p("#{repository}/custom_hooks")
    File.write("#{repository}/custom_hooks/#{name}", content)
    File.chmod(0o755, "#{repository}/custom_hooks/#{name}")
  end

  private

  def step_text(step)
    MANIFEST_KEYS.filter_map { |key, name| "#{name} = '#{step[key]}'\n" if step[key] }.join
  end

  def write_step(repository, step)
    refs, = Open3.capture2(GitRepositories::SURROUNDINGS, "git", "--git-dir=#{repository}", "show-ref", "--head",
                           binmode: true)
    refs = "" unless refs.include?(" refs/")
    put(step[:refs], refs)
    put(step[:bundle], bundle(repository, step[:previous])) unless refs.empty?
    return unless File.exist?("#{repository}/custom_hooks")

    put(step[:hooks], Open3.capture2("tar", "-C", repository, "-cf", "-", "custom_hooks", binmode: true).first)
  end

  # An increment without anything new is its header, and a failure of git.
  def bundle(repository, previous)
    known = previous ? File.binread(File.join(sink, previous)).lines.map { |line| "^#{line.split.first}\n" }.join : ""
    options = previous ? %w[--ignore-missing --single-worktree --all --stdin] : %w[--single-worktree --all]
    output, errors, status = Open3.capture3(GitRepositories::SURROUNDINGS, "git", "--git-dir=#{repository}", "bundle",
                                            "create", "-", *options, stdin_data: known, binmode: true)
    raise errors unless status.success? || errors.include?("Refusing to create empty bundle")

    output
  end
end
