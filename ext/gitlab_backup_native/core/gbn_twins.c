#include "gbn_twins.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

struct node {
    gbn_twin twin;
    bool any; /* of a key: the content is not looked at */
    char *path;
};

struct gbn_twins {
    void *tree; /* tsearch(3) */
    size_t count;
};

gbn_status
gbn_twins_new(gbn_twins **twins, gbn_error *err)
{
    *twins = calloc(1, sizeof **twins);
    return *twins != NULL ? GBN_OK : gbn_fail(err, GBN_ERR_NOMEM, 0, "remember large files");
}

static int
compare_numbers(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

/* The content comes last, so that nodes which differ in nothing else stand side by side. */
static int
compare(const void *a, const void *b)
{
    const struct node *first = a;
    const struct node *second = b;
    int order = compare_numbers(first->twin.size, second->twin.size);

    if (order == 0)
        order = compare_numbers(first->twin.mode, second->twin.mode);
    if (order == 0)
        order = compare_numbers(first->twin.uid, second->twin.uid);
    if (order == 0)
        order = compare_numbers(first->twin.gid, second->twin.gid);
    if (order != 0 || first->any || second->any)
        return order;
    return memcmp(first->twin.sha256, second->twin.sha256, GBN_SHA256_SIZE);
}

static const struct node *
find(const gbn_twins *twins, const gbn_twin *twin, bool any)
{
    const struct node key = {.twin = *twin, .any = any};
    void *found = tfind(&key, &twins->tree, compare);

    return found == NULL ? NULL : *(struct node *const *)found;
}

bool
gbn_twins_may(const gbn_twins *twins, const gbn_twin *twin)
{
    return find(twins, twin, true) != NULL;
}

const char *
gbn_twins_find(const gbn_twins *twins, const gbn_twin *twin)
{
    const struct node *node = find(twins, twin, false);

    return node == NULL ? NULL : node->path;
}

gbn_status
gbn_twins_keep(gbn_twins *twins, const gbn_twin *twin, const char *path, gbn_error *err)
{
    struct node *node;

    if (twins->count == GBN_TWINS || find(twins, twin, false) != NULL)
        return GBN_OK;
    node = calloc(1, sizeof *node);
    if (node == NULL || (node->path = strdup(path)) == NULL) {
        free(node);
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "remember %s", path);
    }
    node->twin = *twin;
    if (tsearch(node, &twins->tree, compare) == NULL) {
        free(node->path);
        free(node);
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "remember %s", path);
    }
    twins->count++;
    return GBN_OK;
}

static void
free_node(void *pointer)
{
    struct node *node = pointer;

    free(node->path);
    free(node);
}

void
gbn_twins_free(gbn_twins *twins)
{
    if (twins == NULL)
        return;
    tdestroy(twins->tree, free_node);
    free(twins);
}
