#include "gbn_walk.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "gbn_walk_state.h"

/* The walk itself: names given out in order, directories entered and left. */

static void
free_names(char **names, size_t count)
{
    for (size_t i = 0; names != NULL && i < count; i++)
        free(names[i]);
    free(names);
}

static char **
copy_names(const char *const *names, size_t count)
{
    char **copy = calloc(count + 1, sizeof copy[0]);

    for (size_t i = 0; copy != NULL && i < count; i++) {
        copy[i] = strdup(names[i]);
        if (copy[i] == NULL) {
            free_names(copy, i);
            return NULL;
        }
    }
    return copy;
}

gbn_status
gbn_walk_new(const gbn_walk_options *options, gbn_walk **result, gbn_error *err)
{
    gbn_walk *walk = calloc(1, sizeof *walk);

    *result = NULL;
    if (walk == NULL)
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "allocate a walk");
    walk->root = options->root;
    pthread_mutex_init(&walk->lock, NULL);
    pthread_cond_init(&walk->listed, NULL);
    walk->exclude_count = options->exclude_count;
    walk->exclude = copy_names(options->exclude, options->exclude_count);
    walk->member_count = options->member_count;
    walk->members =
        options->members == NULL ? NULL : copy_names(options->members, options->member_count);
    if (walk->exclude == NULL || (options->members != NULL && walk->members == NULL)) {
        gbn_walk_free(walk);
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "allocate a walk");
    }
    *result = walk;
    return GBN_OK;
}

void
gbn_walk_free(gbn_walk *walk)
{
    struct node *parent;

    if (walk == NULL)
        return;
    for (struct node *node = walk->current; node != NULL; node = parent) {
        parent = node->parent;
        gbn_walk_node_free(walk, node);
    }
    free_names(walk->exclude, walk->exclude_count);
    free_names(walk->members, walk->member_count);
    pthread_mutex_destroy(&walk->lock);
    pthread_cond_destroy(&walk->listed);
    free(walk);
}

/* Make sure a node is read, by us or by whoever is at it. */
static gbn_status
await_node(gbn_walk *walk, struct node *node, gbn_error *err)
{
    while (node->state == LISTING)
        pthread_cond_wait(&walk->listed, &walk->lock);
    return node->state == FRESH ? gbn_walk_fill(walk, node, 0, err) : GBN_OK;
}

static gbn_status
enter_directory(gbn_walk *walk, size_t index, gbn_walk_item *item, gbn_error *err)
{
    struct node *child;
    gbn_status rc = gbn_walk_take_child(walk, walk->current, index, &child, err);

    if (rc < 0)
        return rc;
    rc = await_node(walk, child, err);
    item->listed = child->state == LISTED;
    item->status = child->status;
    item->settled_ns = child->settled_ns;
    item->errnum = child->errnum;
    if (item->listed)
        walk->current = child;
    else
        gbn_walk_node_free(walk, child);
    return rc;
}

static gbn_status
start(gbn_walk *walk, gbn_walk_item *item, gbn_error *err)
{
    struct node *top = gbn_walk_node_new(NULL, gbn_root_top(walk->root), 0);
    gbn_status rc;

    if (top == NULL)
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "remember a directory");
    walk->started = true;
    walk->current = top;
    gbn_walk_enter_frontier(walk, top, NULL);
    rc = gbn_walk_fill(walk, top, 0, err);
    if (rc == GBN_OK && top->state == FAILED) {
        err->status = GBN_ERR_SYSTEM; /* without its root there is no walk */
        return GBN_ERR_SYSTEM;
    }
    item->type = S_IFDIR;
    item->listed = true;
    item->status = top->status;
    item->settled_ns = top->settled_ns;
    return rc;
}

static gbn_status
next_name(gbn_walk *walk, gbn_walk_item *item, gbn_error *err)
{
    struct node *node = walk->current;
    const gbn_name *name;

    while (node->next == node->listing.count) {
        walk->current = node->parent;
        gbn_walk_node_free(walk, node);
        node = walk->current;
        if (node == NULL)
            return GBN_END;
    }
    name = &node->listing.names[node->next];
    assert(strlen(name->name) < sizeof item->name);
    strcpy(item->name, name->name);
    item->type = name->type;
    item->parent = gbn_dir_retain(node->dir);
    node->next++;
    return S_ISDIR(name->type) ? enter_directory(walk, node->next - 1, item, err) : GBN_OK;
}

gbn_status
gbn_walk_next(gbn_walk *walk, gbn_walk_item *item, gbn_error *err)
{
    gbn_status rc = GBN_END;

    item->parent = NULL;
    item->name[0] = '\0';
    item->listed = false;
    item->errnum = 0;
    pthread_mutex_lock(&walk->lock);
    if (!walk->started) {
        rc = start(walk, item, err);
        if (rc == GBN_OK && walk->members != NULL) {
            item->listed = false; /* the top is no member */
            rc = next_name(walk, item, err);
        }
    } else if (walk->current != NULL) {
        rc = next_name(walk, item, err);
    }
    pthread_mutex_unlock(&walk->lock);
    if (rc != GBN_OK) {
        gbn_dir_release(item->parent);
        item->parent = NULL;
    }
    return rc;
}

static gbn_status
next(void *context, gbn_walk_item *item, gbn_error *err)
{
    return gbn_walk_next(context, item, err);
}

static gbn_status
ahead(void *context, gbn_error *err)
{
    return gbn_walk_ahead(context, err);
}

gbn_names
gbn_walk_names(gbn_walk *walk)
{
    return (gbn_names){.context = walk, .next = next, .ahead = ahead};
}
