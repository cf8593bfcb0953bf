/*
 * Each object ends where the next one begins, the last one at the pack's own hash. So the offsets
 * are sorted, and the pack is read once, from its begin to its end.
 */
#include "gbn_pack.h"

#include <stdlib.h>
#include <string.h>

#include "gbn_gzip.h"
#include "gbn_pack_state.h"

enum { HEADER = 12 /* "PACK", version, count */ };

/* A file that is not there or cannot be read tells nothing; all else is a failure. */
static gbn_status
judge(gbn_status rc)
{
    return rc == GBN_ERR_SYSTEM || rc == GBN_ERR_INVALID ? GBN_SKIPPED : rc;
}

gbn_status
gbn_pack_open(const char *path, gbn_infile **file, gbn_error *err)
{
    return judge(gbn_infile_open(&(gbn_place){.path = path}, file, err));
}

gbn_status
gbn_pack_take(struct gbn_pack *pack, gbn_infile *file, uint64_t offset, uint8_t *data,
              size_t length, gbn_error *err)
{
    size_t part, got;
    gbn_status rc;

    for (; length > 0; data += part, offset += part, length -= part) {
        part = length < GBN_PACK_PIECE ? length : GBN_PACK_PIECE;
        if (gbn_cancel_raised(pack->cancel))
            return gbn_fail(err, GBN_ERR_CANCELLED, 0, "cancelled");
        rc = judge(gbn_infile_read(file, offset, data, part, &got, err));
        if (rc != GBN_OK)
            return rc;
        if (got < part)
            return GBN_SKIPPED;
        atomic_fetch_add_explicit(&pack->counters->raw, part, memory_order_relaxed);
    }
    return GBN_OK;
}

/* All that git makes are of version 2. */
static gbn_status
check_header(struct gbn_pack *pack, gbn_infile *file, gbn_error *err)
{
    static const uint8_t magic[] = {'P', 'A', 'C', 'K', 0, 0, 0, 2};
    uint8_t header[HEADER] = {0};
    gbn_status rc = gbn_pack_take(pack, file, 0, header, sizeof header, err);

    if (rc != GBN_OK)
        return rc;
    if (memcmp(header, magic, sizeof magic) != 0 ||
        gbn_pack_be32(header + sizeof magic) != pack->count)
        return GBN_SKIPPED;
    return GBN_OK;
}

static int
compare(const void *a, const void *b)
{
    const uint64_t left = ((const gbn_pack_entry *)a)->offset;
    const uint64_t right = ((const gbn_pack_entry *)b)->offset;

    return (left > right) - (left < right);
}

/* Do the objects lie one behind the other from the header to `end`, and is none of them empty? */
static bool
sort_entries(struct gbn_pack *pack, uint64_t end)
{
    gbn_pack_entry *entries = pack->entries;

    qsort(entries, pack->count, sizeof entries[0], compare);
    entries[pack->count].offset = end;
    for (size_t i = 0; i < pack->count; i++)
        if (entries[i].offset >= entries[i + 1].offset)
            return false;
    return entries[0].offset == HEADER;
}

static gbn_status
read_piece(struct gbn_pack *pack, gbn_infile *file, gbn_error *err)
{
    const uint64_t left = pack->entries[pack->count].offset - pack->piece_end;
    const size_t length = left < GBN_PACK_PIECE ? (size_t)left : GBN_PACK_PIECE;

    pack->piece_begin = pack->piece_end;
    pack->piece_end += length;
    return gbn_pack_take(pack, file, pack->piece_begin, pack->piece, length, err);
}

/* Of the bytes in [offset, end). What comes before is not asked for again. */
static gbn_status
sum(struct gbn_pack *pack, gbn_infile *file, uint64_t offset, uint64_t end, uint32_t *crc,
    gbn_error *err)
{
    const gbn_gzip_codec *codec = gbn_gzip_codec_find(NULL);
    gbn_status rc = GBN_OK;

    *crc = 0;
    while (rc == GBN_OK && offset < end) {
        const uint64_t stop = end < pack->piece_end ? end : pack->piece_end;

        *crc = gbn_gzip_crc32(codec, *crc, pack->piece + (offset - pack->piece_begin),
                              (size_t)(stop - offset));
        offset = stop;
        if (offset < end)
            rc = read_piece(pack, file, err);
    }
    return rc;
}

static gbn_status
check_objects(struct gbn_pack *pack, gbn_infile *file, gbn_error *err)
{
    const gbn_pack_entry *entries = pack->entries;
    gbn_status rc = GBN_OK;
    uint32_t crc;

    pack->piece_begin = pack->piece_end = HEADER;
    for (size_t i = 0; rc == GBN_OK && i < pack->count; i++) {
        rc = sum(pack, file, entries[i].offset, entries[i + 1].offset, &crc, err);
        if (rc == GBN_OK && crc != entries[i].crc)
            rc = GBN_SKIPPED;
    }
    return rc;
}

/* Not computed anew: header and objects have been looked at, and that is all it stands for. */
static gbn_status
check_hash(struct gbn_pack *pack, gbn_infile *file, gbn_error *err)
{
    const uint64_t end = pack->entries[pack->count].offset;
    uint8_t hash[GBN_PACK_ID_MAX];
    gbn_status rc = gbn_pack_take(pack, file, end, hash, pack->id_size, err);

    if (rc == GBN_OK && memcmp(hash, pack->hash, pack->id_size) != 0)
        rc = GBN_SKIPPED;
    return rc;
}

static gbn_status
check_pack(struct gbn_pack *pack, gbn_error *err)
{
    gbn_infile *file;
    gbn_status rc = gbn_pack_open(pack->path, &file, err);
    const uint64_t size = rc == GBN_OK ? gbn_infile_size(file) : 0;

    if (rc == GBN_OK && size < HEADER + pack->id_size)
        rc = GBN_SKIPPED;
    if (rc == GBN_OK)
        rc = check_header(pack, file, err);
    if (rc == GBN_OK && !sort_entries(pack, size - pack->id_size))
        rc = GBN_SKIPPED;
    if (rc == GBN_OK)
        rc = check_objects(pack, file, err);
    if (rc == GBN_OK)
        rc = check_hash(pack, file, err);
    gbn_infile_close(file);
    return rc;
}

static gbn_status
run(void *context, gbn_cancel *cancel, gbn_job_counters *counters, gbn_error *err)
{
    struct gbn_pack *pack = context;
    gbn_status rc;

    pack->cancel = cancel;
    pack->counters = counters;
    rc = gbn_pack_read_index(pack, err);
    if (rc == GBN_OK)
        rc = check_pack(pack, err);
    *pack->sound = rc == GBN_OK;
    return rc < 0 ? rc : GBN_OK;
}

static void
abort_pack(void *context)
{
    (void)context; /* it looks at `cancel` before each piece, and waits for nothing else */
}

static void
release(void *context)
{
    struct gbn_pack *pack = context;

    free(pack->path);
    free(pack->index_path);
    free(pack->entries);
    free(pack->piece);
    free(pack);
}

gbn_status
gbn_pack_start(const gbn_pack_options *options, bool *sound, gbn_job **job, gbn_error *err)
{
    struct gbn_pack *pack;

    *job = NULL;
    *sound = false;
    if (options->id_size != 20 && options->id_size != 32)
        return gbn_fail(err, GBN_ERR_INVALID, 0, "ids of %zu bytes", options->id_size);
    pack = calloc(1, sizeof *pack);
    if (pack == NULL)
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "read %s", options->pack);
    pack->path = strdup(options->pack);
    pack->index_path = strdup(options->index);
    pack->piece = malloc(GBN_PACK_PIECE);
    pack->id_size = options->id_size;
    pack->most = options->entries;
    pack->sound = sound;
    if (pack->path == NULL || pack->index_path == NULL || pack->piece == NULL) {
        release(pack);
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "read %s", options->pack);
    }
    /* cppcheck-suppress memleak; the job has taken it */
    return gbn_job_start(
        &(gbn_job_work){.context = pack, .run = run, .abort = abort_pack, .release = release}, job,
        err);
}
