#!/usr/bin/env bash
# Restores an archive of gitlab:backup:create as GitLab does, with nothing but stock tools: tar, gzip, psql, git and
# Ruby's YAML. Ends with 1, and says why, at the first thing GitLab would stumble over.
#
#   gitlab_restore.sh ARCHIVE VERSION STAGING FILES REPOSITORIES NAME=DATABASE...
#
# STAGING, FILES and REPOSITORIES are empty folders; a component's files come into FILES/<component>. psql finds the
# server by its own variables.
set -euo pipefail
export LC_ALL=C.UTF-8

archive=$1 version=$2 staging=$3 files=$4 repositories=$5
shift 5

components=(uploads builds artifacts pages lfs terraform_state registry packages ci_secure_files agent_plan_content
    ci_catalog_bundles external_diffs)

fail() {
    printf 'gitlab_restore.sh: %s\n' "$*" >&2
    exit 1
}

# Metadata first, then the products in the order of the components, then what GitLab does not know.
check_order() {
    local expected
    expected=$(printf '%s\n' backup_information.yml db/ repositories/ "${components[@]/%/.tar.gz}" manifest/)
    diff <(tar -tf "$archive" | sed 's|/.*|/|' | uniq) <(printf '%s\n' "$expected") || fail "the order of the members"
}

# Nothing for the group and for others; no links, no devices.
check_modes() {
    tar -tvf "$archive" | grep -Ev '^(-rw-|drwx)------ ' && fail "the modes of these members"
    tar -tvf "$archive" | grep -Ev '^[-d]' && fail "the types of these members"
    return 0
}

# As GitLab reads it: four classes, no aliases, and no other keys than these.
read_version() {
    ruby -ryaml -e '
        module ActiveSupport
          TimeWithZone = Class.new
          TimeZone = Class.new
        end
        Information = Struct.new(:db_version, :backup_created_at, :gitlab_version, :tar_version, :installation_type,
                                 :skipped, :repositories_storages, :repositories_paths, :skip_repositories_paths,
                                 :repositories_server_side, :backup_id, :full_backup_id, keyword_init: true)
        classes = [Symbol, Time, ActiveSupport::TimeWithZone, ActiveSupport::TimeZone]
        information = Information.new(**YAML.safe_load(File.read(ARGV.fetch(0)), permitted_classes: classes))
        information.backup_created_at.is_a?(ActiveSupport::TimeWithZone) or abort("backup_created_at")
        puts information.gitlab_version' "$1"
}

# psql does not stop at errors, and GitLab overlooks some of them.
restore_database() {
    local errors
    errors=$({ gzip -cd "$1" | psql --quiet --no-psqlrc --dbname "$2" >/dev/null; } 2>&1) || fail "psql for $2: $errors"
    errors=$(grep -Ev 'WARNING:|does not exist$|must be owner of' <<<"$errors") || return 0
    [[ -z $errors ]] || fail "errors in $2: $errors"
}

restore_files() {
    mkdir "$files/$1"
    gzip -cd "$staging/$1.tar.gz" | tar --directory="$files/$1" --extract --file=-
}

# The steps of the newest manifest of a repository, one after another.
restore_repository() {
    local manifest=$1 path bundle
    path=${manifest%/+latest.toml} && path=${path#"$staging/repositories/manifests/"}
    git init --quiet --bare "$repositories/$path"
    sed -n "s/^bundle_path = '\(.*\)'$/\1/p" "$manifest" | while IFS= read -r bundle; do
        [[ -s $staging/repositories/$bundle ]] || continue
        git -C "$repositories/$path" fetch --quiet --update-head-ok "$staging/repositories/$bundle" '+refs/*:refs/*'
    done
}

check_order
check_modes
tar --directory="$staging" --extract --file="$archive"
[[ $(read_version "$staging/backup_information.yml") == "$version" ]] || fail "the version"
for pair in "$@"; do
    restore_database "$staging/db/${pair%%=*}.sql.gz" "${pair#*=}"
done
for component in "${components[@]}"; do
    restore_files "$component"
done
find "$staging/repositories/manifests" -name '+latest.toml' -print0 | while IFS= read -r -d '' manifest; do
    restore_repository "$manifest"
done
echo "Restore task is done."
