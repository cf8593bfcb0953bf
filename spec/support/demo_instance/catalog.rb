# frozen_string_literal: true

require "digest"

class DemoInstance
  # A repository of the instance. kind: :project, :wiki, :design, :snippet, :group_wiki;
  # relative_path below its storage; project_path is what gitaly-backup calls gl_project_path;
  # empty: whether it has no refs.
  Repository = Struct.new(:kind, :id, :relative_path, :project_path, :empty, keyword_init: true)

  # What the instance consists of, for the database's rows and for the repositories on disk.
  module Catalog
    # id => [name, path, parent, type]
    NAMESPACES = { 1 => ["Acme", "acme", nil, "Group"], 2 => ["Acme / Tools", "acme/tools", 1, "Group"],
                   3 => ["Jane Döe", "jane", nil, "User"] }.freeze
    PROJECTS = (1..20).to_h { |id| [id, "#{NAMESPACES[1 + (id % 3)][1]}/project-#{id}"] }.freeze
    EMPTY_PROJECT = 20
    HOOKED_PROJECT = 1
    WIKIS = [1, 2, 3].freeze
    DESIGNS = [1].freeze
    GROUP_WIKIS = [1].freeze
    PROJECT_SNIPPETS = { 1 => 1, 2 => 2 }.freeze # id => project
    PERSONAL_SNIPPETS = [3, 4].freeze

    module_function

    # The hashed path of an id, without suffix: "@hashed/6b/86/6b86b2..."
    def hashed(id, top = "@hashed")
      hash = Digest::SHA256.hexdigest(id.to_s)
      "#{top}/#{hash[0, 2]}/#{hash[2, 2]}/#{hash}"
    end

    # [Repository], all that exist on disk, in the order of GitLab's enumeration
    def repositories
      projects + wikis + group_wikis + designs + snippets
    end

    def projects
      PROJECTS.map do |id, path|
        Repository.new(kind: :project, id: id, relative_path: "#{hashed(id)}.git", project_path: path,
                       empty: id == EMPTY_PROJECT)
      end
    end

    def wikis
      WIKIS.map { |id| repository(:wiki, id, "#{hashed(id)}.wiki.git", "#{PROJECTS[id]}.wiki") }
    end

    def group_wikis
      GROUP_WIKIS.map do |id|
        repository(:group_wiki, id, "#{hashed(id, "@groups")}.wiki.git", "#{NAMESPACES[id][1]}.wiki")
      end
    end

    def designs
      DESIGNS.map { |id| repository(:design, id, "#{hashed(id)}.design.git", "#{PROJECTS[id]}.design") }
    end

    def snippets
      paths = PROJECT_SNIPPETS.to_h { |id, project| [id, "#{PROJECTS[project]}/snippets/#{id}"] }
      PERSONAL_SNIPPETS.each { |id| paths[id] = "snippets/#{id}" }
      paths.map { |id, path| repository(:snippet, id, "#{hashed(id, "@snippets")}.git", path) }
    end

    def repository(kind, id, relative_path, project_path)
      Repository.new(kind: kind, id: id, relative_path: relative_path, project_path: project_path, empty: false)
    end
  end
end
