#include "gbn_stream.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "gbn_pipe.h"

struct stream {
    int fd;
    gbn_product *product;
    gbn_product_result *result;
    gbn_cancel *cancel;
};

static gbn_status
feed(void *context, gbn_product *product, gbn_error *err)
{
    struct stream *stream = context;
    uint8_t *room;
    size_t length;
    size_t got;
    gbn_status rc;

    for (;;) {
        rc = gbn_product_room(product, &room, &length, err);
        if (rc == GBN_OK)
            rc = gbn_pipe_read(stream->fd, room, length, stream->cancel, &got, err);
        if (rc != GBN_OK)
            return rc == GBN_END ? GBN_OK : rc;
        gbn_product_filled(product, got);
    }
}

static gbn_status
run(void *context, gbn_cancel *cancel, gbn_job_counters *counters, gbn_error *err)
{
    struct stream *stream = context;

    stream->cancel = cancel;
    return gbn_product_run(stream->product, feed, stream, cancel, counters, stream->result, err);
}

static void
abort_stream(void *context)
{
    struct stream *stream = context;

    gbn_product_abort(stream->product);
}

static void
release(void *context)
{
    struct stream *stream = context;

    if (stream->fd >= 0)
        close(stream->fd);
    gbn_product_free(stream->product);
    free(stream);
}

gbn_status
gbn_stream_start(const gbn_stream_options *options, gbn_product_result *result, gbn_job **job,
                 gbn_error *err)
{
    struct stream *stream = calloc(1, sizeof *stream);
    gbn_status rc;

    *job = NULL;
    if (stream == NULL)
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "allocate a stream");
    stream->result = result;
    stream->fd = fcntl(options->fd, F_DUPFD_CLOEXEC, 3);
    if (stream->fd < 0)
        rc = gbn_fail(err, GBN_ERR_SYSTEM, errno, "read the input");
    else
        rc = gbn_product_new(&options->product, &stream->product, err);
    if (rc < 0) {
        release(stream);
        return rc;
    }
    gbn_pipe_widen(stream->fd);
    return gbn_job_start(
        &(gbn_job_work){.context = stream, .run = run, .abort = abort_stream, .release = release},
        job, err);
}
