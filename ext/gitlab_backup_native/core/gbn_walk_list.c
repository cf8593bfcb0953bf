#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "gbn_walk_state.h"

/* What is in a directory, less what the archive is to do without. */

bool
gbn_walk_excludes(const char *const *exclude, size_t count, bool top, const char *name)
{
    if (strcmp(name, "lost+found") == 0)
        return true;
    if (!top)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(name, exclude[i]) == 0)
            return true;
    }
    return fnmatch(".gbn-*", name, 0) == 0;
}

/* A path's end comes first, then what is in it, then all other names. */
static int
rank(char c)
{
    return c == '\0' ? 0 : c == '/' ? 1 : (unsigned char)c + 1;
}

int
gbn_walk_order(const char *a, const char *b)
{
    while (*a != '\0' && *a == *b) {
        a++;
        b++;
    }
    return rank(*a) - rank(*b);
}

static void
drop_excluded(const gbn_walk *walk, struct node *node)
{
    gbn_listing *listing = &node->listing;
    size_t kept = 0;

    for (size_t i = 0; i < listing->count; i++) {
        if (!gbn_walk_excludes((const char *const *)walk->exclude, walk->exclude_count,
                               node->parent == NULL, listing->names[i].name))
            listing->names[kept++] = listing->names[i];
    }
    listing->count = kept;
}

/* The chosen names in the order they were asked for, whether they exist or not. */
static gbn_status
list_members(const gbn_walk *walk, struct node *node, gbn_error *err)
{
    gbn_name *names = calloc(walk->member_count + 1, sizeof names[0]);
    struct stat status;

    if (names == NULL)
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "list %zu members", walk->member_count);
    for (size_t i = 0; i < walk->member_count; i++) {
        names[i].name = walk->members[i];
        if (gbn_dir_stat(node->dir, walk->members[i], &status, err) == GBN_OK)
            names[i].type = status.st_mode & S_IFMT;
    }
    free(node->listing.names);
    node->listing.names = names;
    node->listing.count = walk->member_count;
    return GBN_OK;
}

/* Read a directory, without the lock. Past `limit` the node is as fresh as before. */
static gbn_status
list_node(const gbn_walk *walk, struct node *node, size_t limit, gbn_error *err)
{
    gbn_status rc;

    node->settled_ns = gbn_root_settled_ns(walk->root);
    rc = gbn_dir_list(node->dir, limit, &node->listing, &node->status, err);
    if (rc == GBN_OK && node->parent == NULL && walk->members != NULL)
        rc = list_members(walk, node, err);
    else if (rc == GBN_OK)
        drop_excluded(walk, node);
    if (rc == GBN_SKIPPED)
        node->errnum = err->errnum;
    return rc;
}

gbn_status
gbn_walk_fill(gbn_walk *walk, struct node *node, size_t limit, gbn_error *err)
{
    gbn_status rc;

    node->state = LISTING;
    pthread_mutex_unlock(&walk->lock);
    rc = list_node(walk, node, limit, err);
    pthread_mutex_lock(&walk->lock);
    node->state = rc == GBN_OK ? LISTED : rc == GBN_AGAIN ? FRESH : FAILED;
    pthread_cond_broadcast(&walk->listed);
    return rc < 0 ? rc : GBN_OK;
}
