#include "gbn_block.h"

#include <stdlib.h>

/* malloc serves buffers of this size by mmap: pages come when they are first
 * written, so a small archive costs a small part of what is reserved here. */
struct gbn_block_set {
    size_t count;
    uint8_t *attachments;
    gbn_block blocks[];
};

gbn_status
gbn_block_set_new(size_t count, size_t raw_size, size_t out_size, size_t attachment_size,
                  gbn_block_set **result, gbn_error *err)
{
    gbn_block_set *set = calloc(1, sizeof *set + count * sizeof set->blocks[0]);

    *result = NULL;
    if (set == NULL)
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "allocate %zu blocks", count);
    set->count = count;
    set->attachments = calloc(count, attachment_size > 0 ? attachment_size : 1);
    if (set->attachments == NULL)
        goto free_set;
    for (size_t i = 0; i < count; i++) {
        gbn_block *block = &set->blocks[i];

        block->attachment = set->attachments + i * attachment_size;
        block->raw = malloc(raw_size > 0 ? raw_size : 1);
        block->out = malloc(out_size > 0 ? out_size : 1);
        if (block->raw == NULL || block->out == NULL)
            goto free_set;
    }
    *result = set;
    return GBN_OK;

free_set:
    gbn_block_set_free(set);
    return gbn_fail(err, GBN_ERR_NOMEM, 0, "allocate %zu blocks of %zu bytes", count,
                    raw_size + out_size);
}

size_t
gbn_block_set_count(const gbn_block_set *set)
{
    return set->count;
}

gbn_block *
gbn_block_set_at(gbn_block_set *set, size_t index)
{
    return &set->blocks[index];
}

void
gbn_block_set_free(gbn_block_set *set)
{
    if (set == NULL)
        return;
    for (size_t i = 0; i < set->count; i++) {
        free(set->blocks[i].raw);
        free(set->blocks[i].out);
    }
    free(set->attachments);
    free(set);
}
