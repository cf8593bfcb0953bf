#!/usr/bin/env bash
# Makes an archive as GitLab's gitlab:backup:create does, with nothing but stock tools: pg_dump, tar, gzip and git.
#
#   gitlab_create.sh ARCHIVE VERSION STAGING REPOSITORIES db:NAME=DATABASE... COMPONENT=FOLDER...
#
# STAGING is an empty folder; REPOSITORIES is the storage "default" on this disk. The components come in GitLab's order.
# pg_dump finds the server by its own variables.
set -euo pipefail
export LC_ALL=C.UTF-8 GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null
umask 077

archive=$1 version=$2 staging=$3 repositories=$4
shift 4
id=$(basename "$archive" _gitlab_backup.tar)
members=(backup_information.yml)

# tar's status 1 is no failure: files change while they are read.
pack_files() {
    local component=$1 folder=$2 exclude=(--exclude=./tmp)
    case $component in
        builds | lfs | registry) exclude=() ;;
        pages) exclude=(--exclude=./@pages.tmp) ;;
    esac
    { tar --exclude=lost+found "${exclude[@]}" --directory="$(realpath "$folder")" --create --file=- . || [[ $? == 1 ]]; } |
        gzip -c -1 >"$staging/$component.tar.gz"
    members+=("$component.tar.gz")
}

dump_database() {
    mkdir -p "$staging/db"
    pg_dump --clean --if-exists "$2" | gzip -c -1 >"$staging/db/$1.sql.gz"
}

# HEAD first where it leads somewhere, then all others.
list_references() {
    local head
    head=$(git --git-dir="$1" rev-parse --verify --quiet HEAD) && echo "$head HEAD"
    git --git-dir="$1" for-each-ref --format='%(objectname) %(refname)' refs/
}

write_manifest() {
    local path=$1 step=$2 folder=$staging/repositories/manifests/default/$1
    mkdir -p "$folder"
    cat >"$folder/$id.toml" <<TOML
empty = $3
non_existent = $4
object_format = '$5'
head_reference = '$6'

[[steps]]
bundle_path = '$step.bundle'
ref_path = '$step.refs'
custom_hooks_path = '$step.custom_hooks.tar'
TOML
    cp "$folder/$id.toml" "$folder/+latest.toml"
}

# As gitaly-backup does with the layout "manifest".
save_repository() {
    local path=$1 step=default/$1/$id/001 source=$repositories/$1 empty=true
    local base=$staging/repositories/$step
    mkdir -p "$(dirname "$base")"
    list_references "$source" >"$base.refs"
    if [[ -s $base.refs ]]; then
        git --git-dir="$source" bundle create --quiet "$base.bundle" --all
        empty=false
    fi
    [[ ! -d $source/custom_hooks ]] || tar -C "$source" -cf "$base.custom_hooks.tar" custom_hooks
    write_manifest "$path" "$step" $empty false "$(git --git-dir="$source" rev-parse --show-object-format)" \
        "$(git --git-dir="$source" symbolic-ref HEAD)"
}

# Each project is asked for its wiki, whether it has one or not.
save_repositories() {
    local path wiki
    while IFS= read -r path; do
        save_repository "$path"
        wiki=${path%.git}.wiki.git
        [[ $path == @hashed/*.wiki.git || $path == @hashed/*.design.git || $path != @hashed/* ||
            -d $repositories/$wiki ]] || write_manifest "$wiki" "default/$wiki/$id/001" true true '' ''
    done < <(cd "$repositories" && find . -type d -name '*.git' -prune -printf '%P\n' | sort)
    members+=(repositories)
}

# Twelve keys; the time with Rails' tags, as ActiveSupport writes it.
write_information() {
    local now
    now=$(date --utc '+%Y-%m-%d %H:%M:%S.%N Z')
    cat >"$staging/backup_information.yml" <<YAML
:db_version: '20260101000000'
:backup_created_at: !ruby/object:ActiveSupport::TimeWithZone
  utc: $now
  zone: !ruby/object:ActiveSupport::TimeZone
    name: Etc/UTC
  time: $now
:gitlab_version: $version
:tar_version: $(tar --version | head -n 1)
:installation_type: source
:skipped: ''
:repositories_storages: ''
:repositories_paths: ''
:skip_repositories_paths: ''
:repositories_server_side: false
:backup_id: $id
:full_backup_id:
YAML
}

for pair in "$@"; do
    [[ $pair != db:* ]] || dump_database "$(cut -d= -f1 <<<"${pair#db:}")" "${pair#*=}"
done
members+=(db)
save_repositories
for pair in "$@"; do
    [[ $pair == db:* ]] || pack_files "${pair%%=*}" "${pair#*=}"
done
write_information
tar --exclude=lost+found --directory="$staging" --create --file=- "${members[@]}" >"$archive"
