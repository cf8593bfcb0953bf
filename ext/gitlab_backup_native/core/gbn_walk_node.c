#include <stdlib.h>

#include "gbn_walk_state.h"

/* Nodes: made, begun ahead of the walk, put on the frontier, freed. */

struct node *
gbn_walk_node_new(struct node *parent, gbn_dir *dir, size_t index)
{
    struct node *node = calloc(1, sizeof *node);

    if (node == NULL) {
        gbn_dir_release(dir);
        return NULL;
    }
    node->parent = parent;
    node->dir = dir;
    node->index = index;
    return node;
}

void
gbn_walk_leave_frontier(gbn_walk *walk, struct node *node)
{
    if (!node->on_frontier)
        return;
    if (node->before != NULL)
        node->before->after = node->after;
    else
        walk->frontier = node->after;
    if (node->after != NULL)
        node->after->before = node->before;
    node->before = node->after = NULL;
    node->on_frontier = false;
}

void
gbn_walk_enter_frontier(gbn_walk *walk, struct node *node, struct node *place)
{
    node->after = place;
    node->before = place == NULL ? NULL : place->before;
    if (node->before != NULL)
        node->before->after = node;
    else
        walk->frontier = node;
    if (place != NULL)
        place->before = node;
    node->on_frontier = true;
}

void
gbn_walk_node_free(gbn_walk *walk, struct node *node)
{
    struct node *child;

    while ((child = node->first_child) != NULL) {
        node->first_child = child->sibling;
        gbn_walk_node_free(walk, child);
    }
    gbn_walk_leave_frontier(walk, node);
    gbn_listing_free(&node->listing);
    gbn_dir_release(node->dir);
    free(node);
}

gbn_status
gbn_walk_begin_child(gbn_walk *walk, struct node *parent, size_t index, struct node **child,
                     gbn_error *err)
{
    gbn_dir *dir;
    gbn_status rc = gbn_dir_child(parent->dir, parent->listing.names[index].name, &dir, err);

    if (rc < 0)
        return rc;
    *child = gbn_walk_node_new(parent, dir, index);
    if (*child == NULL)
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "remember a directory");
    if (parent->on_frontier)
        gbn_walk_enter_frontier(walk, *child, parent);
    return GBN_OK;
}

gbn_status
gbn_walk_take_child(gbn_walk *walk, struct node *parent, size_t index, struct node **child,
                    gbn_error *err)
{
    struct node *first = parent->first_child;

    if (first == NULL || first->index != index) {
        if (parent->ahead <= index)
            parent->ahead = index + 1;
        return gbn_walk_begin_child(walk, parent, index, child, err);
    }
    parent->first_child = first->sibling;
    if (parent->first_child == NULL)
        parent->last_child = NULL;
    first->sibling = NULL;
    if (first->counted) {
        if (first->state != LISTING) /* else its bytes are not counted yet */
            walk->ahead_bytes -= first->listing.bytes;
        walk->ahead_nodes--;
        first->counted = false;
    }
    *child = first;
    return GBN_OK;
}
