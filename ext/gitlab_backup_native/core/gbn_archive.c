#include "gbn_archive.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "gbn_owner.h"
#include "gbn_pool.h"
#include "gbn_reader.h"
#include "gbn_tar.h"

/*
 * Reading threads (gbn_reader) bring the tree's entries, one thread - the product's
 * source - puts headers and content one after another, and the product does the rest.
 * What goes into the archive and what is noted is decided here, in walk order.
 */
enum {
    IDLE_DIRECTORIES = 32,
    MOST_READERS = 32,
    LEAST_READERS = 2,
    OTHER_DESCRIPTORS = IDLE_DIRECTORIES + 24, /* our outputs, and what the program has open */
    DESCRIPTORS_PER_READER = 3,                /* a file, a directory, a step to another one */
};

static const int64_t NS = 1000000000;

struct archive {
    gbn_product *product;
    gbn_product_result *result;
    gbn_root *root; /* NULL: nothing to read */
    gbn_walk *walk;
    gbn_reader *reader;
    gbn_pool *readers;
    unsigned reader_count;
    const char *prefix; /* of every member: "./" or "" */
    gbn_tar *tar;
    gbn_owner *owner;
    gbn_sha256 *sha;
    gbn_bytes path; /* of the current member, prefix included, with a NUL behind it */
    gbn_bytes header;
    gbn_job_counters *counters;
};

/* ---- notes ---- */

static const char *
member_path(const struct archive *archive)
{
    return (const char *)archive->path.data + strlen(archive->prefix);
}

static gbn_status
keep_note(gbn_product_result *result, gbn_manifest_note_kind kind, const char *path,
          const char *reason, gbn_error *err)
{
    gbn_product_note *notes;
    gbn_product_note *note;

    result->note_counts[kind]++;
    if (result->note_count == GBN_PRODUCT_NOTES)
        return GBN_OK;
    notes = realloc(result->notes, (result->note_count + 1) * sizeof notes[0]);
    if (notes == NULL)
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "note %s", path);
    result->notes = notes;
    note = &notes[result->note_count];
    *note = (gbn_product_note){.kind = kind, .path = strdup(path), .reason = strdup(reason)};
    result->note_count++;
    return note->path != NULL && note->reason != NULL
               ? GBN_OK
               : gbn_fail(err, GBN_ERR_NOMEM, 0, "note %s", path);
}

static gbn_status
put_note(struct archive *archive, gbn_manifest_note_kind kind, const char *reason, gbn_error *err)
{
    gbn_bytes *records;
    gbn_status rc = gbn_product_records(archive->product, &records, err);

    if (rc == GBN_OK)
        rc = gbn_manifest_put_note(records, kind, member_path(archive), reason, err);
    if (rc == GBN_OK)
        rc = keep_note(archive->result, kind, member_path(archive), reason, err);
    return rc;
}

static gbn_status
put_entry_note(struct archive *archive, const gbn_entry *entry, gbn_error *err)
{
    char text[256];

    if (!entry->noted)
        return GBN_OK;
    return put_note(
        archive, entry->note,
        entry->errnum == 0 ? entry->reason : gbn_errno_text(entry->errnum, text, sizeof text), err);
}

/* ---- one member ---- */

static gbn_status
build_path(struct archive *archive, const gbn_entry *entry, gbn_error *err)
{
    gbn_bytes *path = &archive->path;
    gbn_status rc;

    gbn_bytes_clear(path);
    rc = gbn_bytes_append(path, archive->prefix, strlen(archive->prefix), err);
    if (rc == GBN_OK && entry->parent != NULL)
        rc = gbn_dir_path(entry->parent, path, err);
    if (rc == GBN_OK)
        rc = gbn_bytes_append(path, entry->name, strlen(entry->name) + 1, err);
    return rc;
}

static bool
has_content(const gbn_entry *entry)
{
    return S_ISREG(entry->status.st_mode) && !entry->repeats;
}

static uint64_t
content_size(const gbn_entry *entry)
{
    return has_content(entry) ? (uint64_t)entry->status.st_size : 0;
}

static gbn_status
build_header(struct archive *archive, const gbn_entry *entry, gbn_error *err)
{
    const struct stat *status = &entry->status;
    gbn_tar_member member = {
        .path = (const char *)archive->path.data,
        .mode = status->st_mode,
        .size = content_size(entry),
        .mtime = status->st_mtim.tv_sec,
        .uid = status->st_uid,
        .gid = status->st_gid,
        .owner = gbn_owner_user(archive->owner, status->st_uid),
        .group = gbn_owner_group(archive->owner, status->st_gid),
        .rdev = status->st_rdev,
    };

    if (entry->repeats) {
        assert(entry->link != NULL && entry->link->path != NULL); /* or it is no member */
        member.mode = S_IFREG | (status->st_mode & 07777);
        member.link = entry->link->path;
    } else if (S_ISLNK(status->st_mode)) {
        member.link = (const char *)entry->target.data;
    }
    gbn_bytes_clear(&archive->header);
    return gbn_tar_header(archive->tar, &member, &archive->header, err);
}

static gbn_status
append_slices(struct archive *archive, gbn_entry *entry, gbn_error *err)
{
    const uint8_t *data;
    size_t length;
    gbn_status rc = gbn_sha256_reset(archive->sha, err);

    while (rc == GBN_OK && (rc = gbn_reader_slice(archive->reader, &data, &length)) == GBN_OK) {
        rc = gbn_sha256_update(archive->sha, data, length, err);
        if (rc == GBN_OK)
            rc = gbn_product_append(archive->product, data, length, err);
    }
    return rc == GBN_END ? gbn_sha256_final(archive->sha, entry->sha256, err) : rc;
}

static gbn_status
append_content(struct archive *archive, gbn_entry *entry, gbn_error *err)
{
    gbn_status rc;

    if (!has_content(entry))
        return GBN_OK;
    if (entry->sliced)
        rc = append_slices(archive, entry, err);
    else
        rc = gbn_product_append(archive->product, entry->file.content, content_size(entry), err);
    if (rc == GBN_OK)
        rc = gbn_product_append_zeros(archive->product, gbn_tar_padding(content_size(entry)), err);
    return rc;
}

static gbn_status
put_entry(struct archive *archive, const gbn_entry *entry, uint64_t block, uint64_t offset,
          gbn_error *err)
{
    const struct stat *status = &entry->status;
    gbn_manifest_entry record = {
        .path = member_path(archive),
        .mode = status->st_mode,
        .hardlink = entry->repeats,
        .mtime_ns = (int64_t)status->st_mtim.tv_sec * NS + status->st_mtim.tv_nsec,
        .ctime_ns = (int64_t)status->st_ctim.tv_sec * NS + status->st_ctim.tv_nsec,
        .size = content_size(entry),
        .has_sha256 = has_content(entry),
        .uid = status->st_uid,
        .gid = status->st_gid,
        .owner = gbn_owner_user(archive->owner, status->st_uid),
        .group = gbn_owner_group(archive->owner, status->st_gid),
        .rdev = status->st_rdev,
        .block = block,
        .block_offset = offset,
        .device = status->st_dev,
        .inode = status->st_ino,
        .settled = entry->settled,
    };
    gbn_bytes *records;
    gbn_status rc = gbn_product_records(archive->product, &records, err);

    if (rc < 0)
        return rc;
    if (entry->repeats) {
        assert(entry->link != NULL && entry->link->path != NULL);
        record.link = entry->link->path + strlen(archive->prefix);
    } else if (S_ISLNK(status->st_mode)) {
        record.link = (const char *)entry->target.data;
    }
    memcpy(record.sha256, entry->sha256, sizeof record.sha256);
    return gbn_manifest_put_entry(records, &record, err);
}

static void
count_member(struct archive *archive, const gbn_entry *entry)
{
    archive->result->entries++;
    if (S_ISDIR(entry->status.st_mode))
        archive->result->directories++;
    else if (S_ISREG(entry->status.st_mode))
        archive->result->files++;
    atomic_fetch_add_explicit(&archive->counters->entries, 1, memory_order_relaxed);
}

static gbn_status
put_member(struct archive *archive, gbn_entry *entry, gbn_error *err)
{
    uint64_t size = content_size(entry);
    uint64_t block;
    uint64_t offset;
    gbn_status rc = build_header(archive, entry, err);

    if (rc == GBN_ERR_FORMAT && size == 0) /* a device number of more than six octal digits, say */
        return put_note(archive, GBN_NOTE_SKIPPED, "no tar header can express it", err);
    if (rc == GBN_OK)
        rc = gbn_product_begin_member(archive->product,
                                      archive->header.length + size + gbn_tar_padding(size), &block,
                                      &offset, err);
    if (rc == GBN_OK)
        rc =
            gbn_product_append(archive->product, archive->header.data, archive->header.length, err);
    if (rc == GBN_OK)
        rc = append_content(archive, entry, err);
    if (rc == GBN_OK && entry->link != NULL && !entry->repeats)
        rc = gbn_link_keep(entry->link, (const char *)archive->path.data, err);
    if (rc == GBN_OK)
        rc = put_entry(archive, entry, block, offset, err);
    if (rc == GBN_OK)
        rc = put_entry_note(archive, entry, err);
    if (rc == GBN_OK)
        rc = gbn_product_end_member(archive->product, err);
    if (rc == GBN_OK)
        count_member(archive, entry);
    return rc;
}

static gbn_status
take_entry(struct archive *archive, gbn_entry *entry, gbn_error *err)
{
    gbn_status rc = build_path(archive, entry, err);

    if (rc < 0)
        return rc;
    if (entry->absent)
        return put_entry_note(archive, entry, err);
    if (entry->repeats && entry->link->path == NULL)
        return put_note(archive, GBN_NOTE_UNREADABLE,
                        "another name of this file could not be archived", err);
    return put_member(archive, entry, err);
}

static gbn_status
feed(void *context, gbn_product *product, gbn_error *err)
{
    struct archive *archive = context;
    gbn_entry *entry;
    gbn_status rc = GBN_OK;

    while (archive->reader != NULL && rc == GBN_OK) {
        rc = gbn_reader_next(archive->reader, &entry);
        if (rc == GBN_OK)
            rc = take_entry(archive, entry, err);
        if (rc == GBN_OK)
            gbn_reader_done(archive->reader);
    }
    if (rc < 0)
        return rc;
    return gbn_product_append_zeros(product, gbn_tar_end(gbn_product_length(product)), err);
}

/* ---- the job ---- */

static void
abort_archive(void *context)
{
    struct archive *archive = context;

    if (archive->reader != NULL)
        gbn_reader_abort(archive->reader);
    gbn_product_abort(archive->product);
}

static gbn_status
serve_reader(void *context, gbn_error *err)
{
    return gbn_reader_serve(context, err);
}

static gbn_status
run(void *context, gbn_cancel *cancel, gbn_job_counters *counters, gbn_error *err)
{
    struct archive *archive = context;
    gbn_error failure = {.status = GBN_OK};
    gbn_status rc = GBN_OK;

    archive->counters = counters;
    for (unsigned i = 0; rc == GBN_OK && i < archive->reader_count; i++)
        rc = gbn_pool_add(archive->readers, serve_reader, archive->reader, &failure);
    if (rc == GBN_OK)
        rc = gbn_product_run(archive->product, feed, archive, cancel, counters, archive->result,
                             &failure);
    if (rc < 0) {
        failure.status = rc;
        gbn_pool_fail(archive->readers, &failure); /* unless a reader failed first */
    }
    return gbn_pool_join(archive->readers, err);
}

static void
release(void *context)
{
    struct archive *archive = context;

    gbn_product_free(archive->product);
    gbn_pool_free(archive->readers);
    gbn_reader_free(archive->reader);
    gbn_walk_free(archive->walk);
    gbn_root_close(archive->root);
    gbn_tar_free(archive->tar);
    gbn_owner_free(archive->owner);
    gbn_sha256_free(archive->sha);
    gbn_bytes_free(&archive->path);
    gbn_bytes_free(&archive->header);
    free(archive);
}

static unsigned
count_readers(void)
{
    struct rlimit limit;
    rlim_t count;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur == RLIM_INFINITY)
        return MOST_READERS;
    if (limit.rlim_cur < OTHER_DESCRIPTORS)
        return LEAST_READERS;
    count = (limit.rlim_cur - OTHER_DESCRIPTORS) / DESCRIPTORS_PER_READER;
    if (count < LEAST_READERS)
        return LEAST_READERS;
    return count > MOST_READERS ? MOST_READERS : (unsigned)count;
}

static gbn_status
open_tree(struct archive *archive, const gbn_archive_options *options, gbn_error *err)
{
    gbn_walk_options walk = {
        .exclude = options->exclude,
        .exclude_count = options->exclude_count,
        .members = options->members,
        .member_count = options->member_count,
    };
    gbn_status rc = gbn_root_open(options->root, IDLE_DIRECTORIES, &archive->root, err);

    if (rc < 0)
        return rc;
    walk.root = archive->root;
    archive->reader_count = count_readers();
    rc = gbn_walk_new(&walk, &archive->walk, err);
    if (rc == GBN_OK)
        rc = gbn_reader_new(archive->root, archive->walk, archive->reader_count, &archive->reader,
                            err);
    return rc;
}

static gbn_status
open_all(struct archive *archive, const gbn_archive_options *options, gbn_error *err)
{
    gbn_status rc = GBN_OK;

    if (options->root != NULL)
        rc = open_tree(archive, options, err);
    if (rc == GBN_OK)
        rc = gbn_pool_new(archive->reader_count, abort_archive, archive, &archive->readers, err);
    if (rc == GBN_OK)
        rc = gbn_tar_new(&archive->tar, err);
    if (rc == GBN_OK)
        rc = gbn_owner_new(&archive->owner, err);
    if (rc == GBN_OK)
        rc = gbn_sha256_new(&archive->sha, err);
    return rc == GBN_OK ? gbn_product_new(&options->product, &archive->product, err) : rc;
}

gbn_status
gbn_archive_start(const gbn_archive_options *options, gbn_product_result *result, gbn_job **job,
                  gbn_error *err)
{
    struct archive *archive = calloc(1, sizeof *archive);
    gbn_status rc;

    *job = NULL;
    if (archive == NULL)
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "allocate an archive");
    archive->result = result;
    archive->prefix = options->members == NULL ? "./" : "";
    rc = open_all(archive, options, err);
    if (rc < 0) {
        release(archive);
        return rc;
    }
    return gbn_job_start(
        &(gbn_job_work){.context = archive, .run = run, .abort = abort_archive, .release = release},
        job, err);
}
