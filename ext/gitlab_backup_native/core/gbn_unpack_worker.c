#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "gbn_time.h"
#include "gbn_unpack_source.h"
#include "gbn_unpack_state.h"

enum { WAIT_MS = 100 };

void
gbn_unpack_close_worker(void *opaque)
{
    gbn_unpack_worker *worker = opaque;

    if (worker == NULL)
        return;
    gbn_gunzip_free(worker->gunzip);
    gbn_sha256_free(worker->sha);
    gbn_manifest_reader_free(worker->manifest);
    gbn_tar_reader_free(worker->tar);
    gbn_owner_ids_free(worker->ids);
    gbn_bytes_free(&worker->path);
    gbn_bytes_free(&worker->scratch);
    free(worker);
}

gbn_status
gbn_unpack_open_worker(void *context, void **result, gbn_error *err)
{
    gbn_unpack *unpack = context;
    gbn_unpack_worker *worker = calloc(1, sizeof *worker);
    gbn_status rc;

    *result = NULL;
    if (worker == NULL)
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "read %s", gbn_place_name(&unpack->options.source));
    worker->unpack = unpack;
    rc = gbn_gunzip_new(unpack->codec, &worker->gunzip, err);
    if (rc == GBN_OK)
        rc = gbn_sha256_new(&worker->sha, err);
    if (rc == GBN_OK)
        rc = gbn_manifest_reader_new(&worker->manifest, err);
    if (rc == GBN_OK)
        rc = gbn_tar_reader_new(gbn_unpack_pull, worker, &worker->tar, err);
    if (rc == GBN_OK && unpack->options.owners)
        rc = gbn_owner_ids_new(&worker->ids, err);
    if (rc < 0) {
        gbn_unpack_close_worker(worker);
        return rc;
    }
    *result = worker;
    return GBN_OK;
}

gbn_status
gbn_unpack_take(gbn_unpack *unpack, gbn_block **block)
{
    gbn_status rc = gbn_pipeline_take(unpack->pipeline, block);
    gbn_piece *piece;

    if (rc < 0)
        return rc;
    piece = gbn_piece_of(*block);
    gbn_bytes_clear(&piece->records);
    gbn_bytes_clear(&piece->deferred);
    memset(&piece->place, 0, sizeof piece->place);
    piece->large = NULL;
    piece->first = false;
    piece->last = false;
    piece->ended = false;
    piece->slice_offset = 0;
    piece->content = NULL;
    piece->content_length = 0;
    piece->files = 0;
    piece->directories = 0;
    piece->entries = 0;
    atomic_store(&piece->written_count, 0);
    return GBN_OK;
}

void
gbn_unpack_deadline(struct timespec *deadline)
{
    int64_t ns;

    clock_gettime(CLOCK_REALTIME, deadline);
    ns = gbn_time_ns(deadline->tv_sec, deadline->tv_nsec) + WAIT_MS * 1000000;
    deadline->tv_sec = (time_t)gbn_time_seconds(ns);
    deadline->tv_nsec = gbn_time_rest(ns);
}
