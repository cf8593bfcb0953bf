#include "gbn_inflate.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gbn_inflate_state.h"
#include "gbn_pipe.h"

gbn_status
gbn_inflate_write(gbn_inflate *inflate, uint64_t offset, const uint8_t *data, size_t length,
                  gbn_error *err)
{
    gbn_status rc = GBN_OK;
    size_t skipped = 0;

    if (offset < inflate->from)
        skipped = inflate->from - offset < length ? (size_t)(inflate->from - offset) : length;
    if (offset + length > inflate->to)
        length = offset < inflate->to ? (size_t)(inflate->to - offset) : 0;
    length -= skipped < length ? skipped : length;
    data += skipped;

    if (gbn_cancel_raised(inflate->cancel))
        return gbn_fail(err, GBN_ERR_CANCELLED, 0, "cancelled");
    if (inflate->sink != NULL && length > 0)
        rc = inflate->sink(inflate->sink_context, data, length, err);
    if (rc == GBN_OK && inflate->target >= 0)
        rc = gbn_pipe_write(inflate->target, data, length, inflate->cancel, err);
    if (rc == GBN_OK) {
        atomic_fetch_add_explicit(&inflate->counters->raw, length, memory_order_relaxed);
        *inflate->raw += length;
    }
    return rc;
}

gbn_status
gbn_inflate_read(const gbn_inflate *inflate, uint64_t offset, uint8_t *data, size_t length,
                 gbn_error *err)
{
    size_t got;
    gbn_status rc = gbn_infile_read(inflate->source, offset, data, length, &got, err);

    if (rc == GBN_OK && got < length)
        rc = gbn_fail(err, GBN_ERR_FORMAT, 0, "read %s: it ends at byte %" PRIu64,
                      gbn_infile_name(inflate->source), offset + got);
    return rc;
}

static gbn_status
run(void *context, gbn_cancel *cancel, gbn_job_counters *counters, gbn_error *err)
{
    gbn_inflate *inflate = context;

    gbn_status rc;

    inflate->cancel = cancel;
    inflate->counters = counters;
    rc = gbn_pipeline_run(inflate->pipeline, err);
    if (rc == GBN_OK && inflate->to != UINT64_MAX && *inflate->raw < inflate->to - inflate->from)
        rc = gbn_fail(err, GBN_ERR_FORMAT, 0, "read %s: its content ends before byte %" PRIu64,
                      gbn_infile_name(inflate->source), inflate->to);
    return rc;
}

static void
abort_inflate(void *context)
{
    gbn_inflate *inflate = context;

    gbn_pipeline_abort(inflate->pipeline);
    gbn_inflate_members_abort(inflate);
}

static void
release(void *context)
{
    gbn_inflate *inflate = context;

    gbn_infile_close(inflate->source);
    if (inflate->target >= 0)
        close(inflate->target);
    gbn_pipeline_free(inflate->pipeline);
    gbn_index_close(inflate->index);
    gbn_inflate_members_free(inflate);
    free(inflate);
}

static gbn_status
open_all(gbn_inflate *inflate, const gbn_inflate_options *options, gbn_error *err)
{
    gbn_status rc = gbn_infile_open(&options->source, &inflate->source, err);

    if (rc == GBN_OK && options->fd >= 0)
        rc = gbn_pipe_open_writer(options->fd, &inflate->target, err);
    if (rc < 0)
        return rc;
    if (options->manifest != NULL)
        return gbn_inflate_blocks_new(inflate, options->manifest, options->workers, err);
    return gbn_inflate_members_new(inflate, err);
}

gbn_status
gbn_inflate_start(const gbn_inflate_options *options, uint64_t *raw, gbn_job **job, gbn_error *err)
{
    gbn_inflate *inflate = calloc(1, sizeof *inflate);
    gbn_status rc;

    *job = NULL;
    *raw = 0;
    if (inflate == NULL)
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "read %s", gbn_place_name(&options->source));
    inflate->target = -1;
    inflate->sink = options->sink;
    inflate->sink_context = options->sink_context;
    inflate->raw = raw;
    inflate->from = options->from;
    inflate->to = options->to == 0 ? UINT64_MAX : options->to;
    rc = open_all(inflate, options, err);
    if (rc < 0) {
        release(inflate);
        return rc;
    }
    return gbn_job_start(
        &(gbn_job_work){.context = inflate, .run = run, .abort = abort_inflate, .release = release},
        job, err);
}
