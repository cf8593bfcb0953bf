#include "gbn_archive.h"

#include <stdlib.h>
#include <sys/resource.h>

#include "gbn_archive_state.h"

/*
 * Reading threads (gbn_reader) bring the tree's entries, one thread - the product's
 * source - puts headers and content one after another (gbn_archive_member.c), and the
 * product does the rest.
 */
enum {
    IDLE_DIRECTORIES = 32,
    MOST_READERS = 32, /* or as many as there are workers */
    LEAST_READERS = 2,
    OTHER_DESCRIPTORS = IDLE_DIRECTORIES + 24, /* our outputs, and what the program has open */
    DESCRIPTORS_PER_READER =
        GBN_READER_FILES + 2, /* its files, a directory, a step to another one */
};

gbn_status
gbn_archive_take_some(struct archive *archive, uint64_t count, gbn_error *err)
{
    gbn_entry *entry;
    gbn_status rc = GBN_OK;

    for (; rc == GBN_OK && count > 0; count--) {
        rc = gbn_reader_next(archive->reader, &entry);
        if (rc == GBN_OK)
            rc = gbn_archive_take(archive, entry, err);
        if (rc == GBN_OK)
            gbn_reader_done(archive->reader);
    }
    return rc;
}

/* In one block: the next archive makes that one anew, and copies those before it. */
static gbn_status
put_end(gbn_product *product, gbn_error *err)
{
    const uint64_t length = gbn_tar_end(gbn_product_length(product));
    uint64_t block;
    uint64_t offset;
    gbn_status rc = gbn_product_begin_member(product, length, &block, &offset, err);

    return rc == GBN_OK ? gbn_product_append_zeros(product, length, err) : rc;
}

static gbn_status
feed(void *context, gbn_product *product, gbn_error *err)
{
    struct archive *archive = context;
    gbn_status rc = GBN_OK;

    if (archive->earlier.plan != NULL)
        rc = gbn_archive_follow(archive, err);
    if (rc == GBN_OK && archive->reader != NULL)
        rc = gbn_archive_take_some(archive, UINT64_MAX, err);
    return rc < 0 ? rc : put_end(product, err);
}

/* ---- the job ---- */

static void
abort_archive(void *context)
{
    struct archive *archive = context;

    if (archive->earlier.survey != NULL)
        gbn_survey_abort(archive->earlier.survey);
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
    gbn_status joined;

    archive->counters = counters;
    archive->cancel = cancel;
    if (archive->earlier.survey != NULL)
        rc = gbn_archive_plan(archive, &failure);
    for (unsigned i = 0; rc == GBN_OK && i < archive->reader_count; i++)
        rc = gbn_pool_add(archive->readers, serve_reader, archive->reader, &failure);
    if (rc == GBN_OK)
        rc = gbn_product_run(archive->product, feed, archive, cancel, counters, archive->result,
                             &failure);
    if (rc < 0) {
        failure.status = rc;
        gbn_pool_fail(archive->readers, &failure); /* unless a reader failed first */
    }
    joined = gbn_pool_join(archive->readers, err);
    return rc == GBN_OK ? GBN_OK : joined; /* what is published needs no reader any more */
}

static void
release(void *context)
{
    struct archive *archive = context;

    gbn_product_free(archive->product);
    gbn_pool_free(archive->readers);
    gbn_reader_free(archive->reader);
    gbn_archive_close_earlier(&archive->earlier);
    gbn_walk_free(archive->walk);
    gbn_root_close(archive->root);
    gbn_tar_free(archive->tar);
    gbn_twins_free(archive->twins);
    gbn_owner_free(archive->owner);
    gbn_sha256_free(archive->sha);
    gbn_bytes_free(&archive->path);
    gbn_bytes_free(&archive->header);
    free(archive);
}

static unsigned
count_readers(unsigned workers)
{
    const unsigned most = workers > MOST_READERS ? workers : MOST_READERS;
    struct rlimit limit;
    rlim_t count;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur == RLIM_INFINITY)
        return most;
    if (limit.rlim_cur < OTHER_DESCRIPTORS)
        return LEAST_READERS;
    count = (limit.rlim_cur - OTHER_DESCRIPTORS) / DESCRIPTORS_PER_READER;
    if (count < LEAST_READERS)
        return LEAST_READERS;
    return count > most ? most : (unsigned)count;
}

/* Whose names the reader gets is decided when it begins: the walk's, or those of a plan. */
static gbn_status
next_name(void *context, gbn_walk_item *item, gbn_error *err)
{
    const struct archive *archive = context;

    return archive->names.next(archive->names.context, item, err);
}

static gbn_status
list_ahead(void *context, gbn_error *err)
{
    const struct archive *archive = context;

    if (archive->names.ahead == NULL)
        return GBN_SKIPPED;
    return archive->names.ahead(archive->names.context, err);
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
    archive->reader_count = count_readers(options->product.workers);
    rc = gbn_walk_new(&walk, &archive->walk, err);
    if (rc < 0)
        return rc;
    archive->names = gbn_walk_names(archive->walk);
    rc = gbn_reader_new(archive->root,
                        (gbn_names){.context = archive, .next = next_name, .ahead = list_ahead},
                        archive->reader_count, options->product.workers, &archive->reader, err);
    if (rc == GBN_OK && options->previous_manifest != NULL)
        rc = gbn_archive_open_earlier(archive, options, err);
    return rc;
}

static gbn_status
open_all(struct archive *archive, const gbn_archive_options *options, gbn_error *err)
{
    gbn_status rc = options->dedup ? gbn_twins_new(&archive->twins, err) : GBN_OK;

    if (rc == GBN_OK && options->root != NULL)
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
    archive->codec = options->product.codec;
    rc = open_all(archive, options, err);
    if (rc < 0) {
        release(archive);
        return rc;
    }
    return gbn_job_start(
        &(gbn_job_work){.context = archive, .run = run, .abort = abort_archive, .release = release},
        job, err);
}
