#include "gbn_walk_state.h"

/* Listing directories before the walk arrives, the one it needs first before all others. */
enum { AHEAD_NODES = 512, AHEAD_LISTING = 1024 * 1024 };

/* Find the first subdirectory of a node that nobody has begun. */
static bool
find_subdirectory(struct node *node, size_t *index)
{
    for (; node->ahead < node->listing.count; node->ahead++) {
        if (S_ISDIR(node->listing.names[node->ahead].type) && node->ahead >= node->next) {
            *index = node->ahead++;
            return true;
        }
    }
    return false;
}

/* The first such of all. Nodes with none left leave the frontier. */
static struct node *
find_ahead(gbn_walk *walk, size_t *index)
{
    struct node *after;

    for (struct node *node = walk->frontier; node != NULL; node = after) {
        after = node->after;
        if (node->state != LISTED && node->state != FAILED)
            continue;
        if (find_subdirectory(node, index))
            return node;
        gbn_walk_leave_frontier(walk, node);
    }
    return NULL;
}

static void
append_child(struct node *parent, struct node *child)
{
    if (parent->last_child == NULL)
        parent->first_child = child;
    else
        parent->last_child->sibling = child;
    parent->last_child = child;
}

static gbn_status
list_ahead(gbn_walk *walk, struct node *parent, size_t index, gbn_error *err)
{
    struct node *child;
    gbn_status rc = gbn_walk_begin_child(walk, parent, index, &child, err);

    if (rc < 0)
        return rc;
    append_child(parent, child);
    child->counted = true;
    walk->ahead_nodes++;
    rc = gbn_walk_fill(walk, child, AHEAD_LISTING, err);
    /* The walk may have arrived here meanwhile, and waits: then nothing is ahead any more. */
    if (child->counted)
        walk->ahead_bytes += child->listing.bytes;
    return rc;
}

gbn_status
gbn_walk_ahead(gbn_walk *walk, gbn_error *err)
{
    gbn_status rc = GBN_SKIPPED;
    struct node *parent;
    size_t index;

    pthread_mutex_lock(&walk->lock);
    if (walk->ahead_bytes < GBN_WALK_AHEAD && walk->ahead_nodes < AHEAD_NODES) {
        parent = find_ahead(walk, &index);
        if (parent != NULL)
            rc = list_ahead(walk, parent, index, err);
    }
    pthread_mutex_unlock(&walk->lock);
    return rc;
}
