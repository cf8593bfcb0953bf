/*
 * Without a manifest nobody knows where a member's blocks begin, so one thread inflates all of
 * it; but reading and writing need not wait for it. The reader hands over pieces of the
 * file, the pipeline's source inflates them into blocks, its one worker does nothing, and
 * its sink writes.
 */
#include <stdlib.h>

#include "gbn_gunzip.h"
#include "gbn_inflate_state.h"

enum { PIECE = 128 * 1024, PIECES = 8 };

static gbn_status
read_piece(gbn_inflate *inflate, gbn_block *piece, gbn_error *err)
{
    gbn_inflate_ahead *ahead = &inflate->ahead;
    gbn_status rc =
        gbn_infile_read(inflate->source, ahead->offset, piece->raw, PIECE, &piece->raw_length, err);

    ahead->offset += piece->raw_length;
    return rc == GBN_OK && piece->raw_length == 0 ? GBN_END : rc;
}

static gbn_status
read_ahead(void *argument, gbn_error *err)
{
    gbn_inflate *inflate = argument;
    gbn_inflate_ahead *ahead = &inflate->ahead;
    gbn_block *piece;
    gbn_status rc;

    while ((rc = gbn_queue_get(ahead->empty, &piece)) == GBN_OK) {
        rc = read_piece(inflate, piece, err);
        if (rc == GBN_OK)
            rc = gbn_queue_put(ahead->full, piece);
        if (rc != GBN_OK)
            break;
    }
    if (rc == GBN_END)
        gbn_queue_close(ahead->full);
    return rc == GBN_ERR_CANCELLED ? gbn_fail(err, rc, 0, "cancelled") : rc;
}

/* The piece whose bytes are being inflated, and what they become. */
struct feed {
    gbn_inflate *inflate;
    gbn_gunzip *gunzip;
    gbn_gunzip_io io;
    gbn_block *piece;
    bool over;
};

static gbn_status
next_piece(struct feed *feed)
{
    gbn_inflate_ahead *ahead = &feed->inflate->ahead;
    gbn_status rc = GBN_OK;

    if (feed->piece != NULL) {
        atomic_fetch_add_explicit(&feed->inflate->counters->stored, feed->piece->raw_length,
                                  memory_order_relaxed);
        rc = gbn_queue_put(ahead->empty, feed->piece);
        feed->piece = NULL;
    }
    if (rc == GBN_OK)
        rc = gbn_queue_get(ahead->full, &feed->piece);
    if (rc == GBN_OK) {
        feed->io.in = feed->piece->raw;
        feed->io.in_length = feed->piece->raw_length;
    }
    feed->over = rc == GBN_END;
    return rc == GBN_END ? GBN_OK : rc;
}

/* What is full goes on; the last block is given as it is, even empty. */
static gbn_status
fill_block(struct feed *feed, gbn_block *block, gbn_error *err)
{
    gbn_status rc = GBN_OK;

    feed->io.out = block->raw;
    feed->io.out_length = GBN_INFLATE_BLOCK;
    while (rc == GBN_OK) {
        rc = gbn_gunzip_feed(feed->gunzip, &feed->io, err);
        if (rc < 0 || feed->io.out_length == 0 || feed->over)
            break;
        rc = next_piece(feed);
    }
    block->raw_length = GBN_INFLATE_BLOCK - feed->io.out_length;
    return rc;
}

/* Formats know no paths. */
static gbn_status
name_file(const gbn_inflate *inflate, gbn_error *err)
{
    const gbn_error format = *err;

    return gbn_fail(err, format.status, 0, "read %s: %s", gbn_infile_name(inflate->source),
                    format.message);
}

/* Returns GBN_END when nothing is wanted of what is left. */
static gbn_status
inflate_all(struct feed *feed, gbn_pipeline *pipeline, gbn_error *err)
{
    gbn_block *block;
    uint64_t done = 0;
    bool enough = false;
    gbn_status rc;

    do {
        rc = gbn_pipeline_take(pipeline, &block);
        if (rc == GBN_OK)
            rc = fill_block(feed, block, err);
        if (rc < 0)
            break;
        done += block->raw_length;
        enough = done >= feed->inflate->to;
        rc = gbn_pipeline_give(pipeline, block);
    } while (rc == GBN_OK && feed->io.out_length == 0 && !enough);
    if (rc == GBN_OK && enough)
        return GBN_END;
    if (rc == GBN_OK)
        rc = gbn_gunzip_finish(feed->gunzip, err);
    return rc == GBN_ERR_FORMAT ? name_file(feed->inflate, err) : rc;
}

/* Both threads may fail, and either one then stops the other: the reader's word comes first. */
static gbn_status
run_source(void *context, gbn_pipeline *pipeline, gbn_error *err)
{
    gbn_inflate *inflate = context;
    struct feed feed = {.inflate = inflate};
    gbn_error reading;
    gbn_status rc = gbn_gunzip_new(gbn_gzip_codec_find(NULL), &feed.gunzip, err), read;

    if (rc == GBN_OK)
        rc = gbn_pool_add(inflate->ahead.pool, read_ahead, inflate, err);
    if (rc == GBN_OK)
        rc = inflate_all(&feed, pipeline, err);
    if (rc != GBN_OK)
        gbn_inflate_members_abort(inflate);
    read = gbn_pool_join(inflate->ahead.pool, &reading);
    if (read < 0 && (rc == GBN_OK || (rc == GBN_ERR_CANCELLED && read != rc))) {
        rc = read;
        *err = reading;
    }
    gbn_gunzip_free(feed.gunzip);
    return rc == GBN_END ? GBN_OK : rc;
}

static gbn_status
pass(void *context, void *worker, gbn_block *block, gbn_error *err)
{
    (void)context;
    (void)worker;
    (void)block;
    (void)err;
    return GBN_OK;
}

static gbn_status
write_block(void *context, gbn_block *block, gbn_error *err)
{
    gbn_inflate *inflate = context;
    const uint64_t offset = inflate->ahead.done;

    inflate->ahead.done += block->raw_length;
    return gbn_inflate_write(inflate, offset, block->raw, block->raw_length, err);
}

static void
abort_ahead(void *context)
{
    gbn_inflate_members_abort(context);
}

static gbn_status
open_ahead(gbn_inflate *inflate, gbn_error *err)
{
    gbn_inflate_ahead *ahead = &inflate->ahead;
    gbn_status rc = gbn_block_set_new(PIECES, PIECE, 0, 0, &ahead->pieces, err);

    if (rc == GBN_OK)
        rc = gbn_queue_new(PIECES, &ahead->empty, err);
    if (rc == GBN_OK)
        rc = gbn_queue_new(PIECES, &ahead->full, err);
    if (rc == GBN_OK)
        rc = gbn_pool_new(1, abort_ahead, inflate, &ahead->pool, err);
    for (size_t i = 0; rc == GBN_OK && i < PIECES; i++)
        rc = gbn_queue_put(ahead->empty, gbn_block_set_at(ahead->pieces, i));
    return rc;
}

gbn_status
gbn_inflate_members_new(gbn_inflate *inflate, gbn_error *err)
{
    const gbn_pipeline_options options = {
        .workers = 1,
        .raw_size = GBN_INFLATE_BLOCK,
        .context = inflate,
        .source = run_source,
        .stage = pass,
        .sinks = {write_block},
    };
    gbn_status rc = open_ahead(inflate, err);

    return rc == GBN_OK ? gbn_pipeline_new(&options, &inflate->pipeline, err) : rc;
}

void
gbn_inflate_members_abort(gbn_inflate *inflate)
{
    if (inflate->ahead.empty != NULL)
        gbn_queue_abort(inflate->ahead.empty);
    if (inflate->ahead.full != NULL)
        gbn_queue_abort(inflate->ahead.full);
}

void
gbn_inflate_members_free(gbn_inflate *inflate)
{
    gbn_pool_free(inflate->ahead.pool);
    gbn_queue_free(inflate->ahead.empty);
    gbn_queue_free(inflate->ahead.full);
    gbn_block_set_free(inflate->ahead.pieces);
}
