#include "gbn_walk.h"

#include <assert.h>
#include <errno.h>
#include <fnmatch.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/*
 * Every directory met so far is a node. `current` is the one whose names are being given
 * out. The frontier is a list, in walk order, of nodes that may still have
 * subdirectories nobody has begun to list; a node stands there for what remains of
 * it, so a child begun ahead is put in front of its parent. The first name found
 * from the frontier's start is therefore the directory the walk needs first.
 */
enum { AHEAD_NODES = 512, AHEAD_LISTING = 1024 * 1024 };

enum state { FRESH, LISTING, LISTED, FAILED };

struct node {
    struct node *parent;
    gbn_dir *dir;
    size_t index; /* of its name in the parent's listing */
    enum state state;
    int errnum; /* when FAILED */
    struct stat status;
    gbn_listing listing;
    size_t next;  /* the name to give out next */
    size_t ahead; /* the name to look at next for listing ahead */
    bool counted; /* among the walk's ahead_bytes */
    struct node *first_child, *last_child, *sibling; /* begun ahead, not yet given out */
    struct node *before, *after;                     /* on the frontier */
    bool on_frontier;
};

struct gbn_walk {
    gbn_root *root;
    char **exclude;
    size_t exclude_count;
    char **members;
    size_t member_count;
    pthread_mutex_t lock;
    pthread_cond_t listed;
    struct node *current;
    struct node *frontier;
    bool started;
    size_t ahead_bytes;
    size_t ahead_nodes;
};

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

static struct node *
new_node(struct node *parent, gbn_dir *dir, size_t index)
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

static void
leave_frontier(gbn_walk *walk, struct node *node)
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

/* `place` is NULL for the very first node. */
static void
enter_frontier(gbn_walk *walk, struct node *node, struct node *place)
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

static void
free_node(gbn_walk *walk, struct node *node)
{
    struct node *child;

    while ((child = node->first_child) != NULL) {
        node->first_child = child->sibling;
        free_node(walk, child);
    }
    leave_frontier(walk, node);
    gbn_listing_free(&node->listing);
    gbn_dir_release(node->dir);
    free(node);
}

void
gbn_walk_free(gbn_walk *walk)
{
    struct node *parent;

    if (walk == NULL)
        return;
    for (struct node *node = walk->current; node != NULL; node = parent) {
        parent = node->parent;
        free_node(walk, node);
    }
    free_names(walk->exclude, walk->exclude_count);
    free_names(walk->members, walk->member_count);
    pthread_mutex_destroy(&walk->lock);
    pthread_cond_destroy(&walk->listed);
    free(walk);
}

static bool
excluded(const gbn_walk *walk, const struct node *node, const char *name)
{
    if (strcmp(name, "lost+found") == 0)
        return true;
    if (node->parent != NULL)
        return false;
    for (size_t i = 0; i < walk->exclude_count; i++) {
        if (strcmp(name, walk->exclude[i]) == 0)
            return true;
    }
    return fnmatch(".gbn-*", name, 0) == 0;
}

static void
drop_excluded(const gbn_walk *walk, struct node *node)
{
    gbn_listing *listing = &node->listing;
    size_t kept = 0;

    for (size_t i = 0; i < listing->count; i++) {
        if (!excluded(walk, node, listing->names[i].name))
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
    gbn_status rc = gbn_dir_list(node->dir, limit, &node->listing, &node->status, err);

    if (rc == GBN_OK && node->parent == NULL && walk->members != NULL)
        rc = list_members(walk, node, err);
    else if (rc == GBN_OK)
        drop_excluded(walk, node);
    if (rc == GBN_SKIPPED)
        node->errnum = err->errnum;
    return rc;
}

/* With the lock held, which is let go meanwhile. */
static gbn_status
fill_node(gbn_walk *walk, struct node *node, size_t limit, gbn_error *err)
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

/* The node of a subdirectory, on the frontier in front of its parent. */
static gbn_status
begin_child(gbn_walk *walk, struct node *parent, size_t index, struct node **child, gbn_error *err)
{
    gbn_dir *dir;
    gbn_status rc = gbn_dir_child(parent->dir, parent->listing.names[index].name, &dir, err);

    if (rc < 0)
        return rc;
    *child = new_node(parent, dir, index);
    if (*child == NULL)
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "remember a directory");
    if (parent->on_frontier)
        enter_frontier(walk, *child, parent);
    return GBN_OK;
}

/* The subdirectory named at `index`: begun ahead, or begun now. */
static gbn_status
take_child(gbn_walk *walk, struct node *parent, size_t index, struct node **child, gbn_error *err)
{
    struct node *first = parent->first_child;

    if (first == NULL || first->index != index) {
        if (parent->ahead <= index)
            parent->ahead = index + 1;
        return begin_child(walk, parent, index, child, err);
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

/* Make sure a node is read, by us or by whoever is at it. */
static gbn_status
await_node(gbn_walk *walk, struct node *node, gbn_error *err)
{
    while (node->state == LISTING)
        pthread_cond_wait(&walk->listed, &walk->lock);
    return node->state == FRESH ? fill_node(walk, node, 0, err) : GBN_OK;
}

static gbn_status
enter_directory(gbn_walk *walk, size_t index, gbn_walk_item *item, gbn_error *err)
{
    struct node *child;
    gbn_status rc = take_child(walk, walk->current, index, &child, err);

    if (rc < 0)
        return rc;
    rc = await_node(walk, child, err);
    item->listed = child->state == LISTED;
    item->status = child->status;
    item->errnum = child->errnum;
    if (item->listed)
        walk->current = child;
    else
        free_node(walk, child);
    return rc;
}

static gbn_status
start(gbn_walk *walk, gbn_walk_item *item, gbn_error *err)
{
    struct node *top = new_node(NULL, gbn_root_top(walk->root), 0);
    gbn_status rc;

    if (top == NULL)
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "remember a directory");
    walk->started = true;
    walk->current = top;
    enter_frontier(walk, top, NULL);
    rc = fill_node(walk, top, 0, err);
    if (rc == GBN_OK && top->state == FAILED) {
        err->status = GBN_ERR_SYSTEM; /* without its root there is no walk */
        return GBN_ERR_SYSTEM;
    }
    item->type = S_IFDIR;
    item->listed = true;
    item->status = top->status;
    return rc;
}

static gbn_status
next_name(gbn_walk *walk, gbn_walk_item *item, gbn_error *err)
{
    struct node *node = walk->current;
    const gbn_name *name;

    while (node->next == node->listing.count) {
        walk->current = node->parent;
        free_node(walk, node);
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
        leave_frontier(walk, node);
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
    gbn_status rc = begin_child(walk, parent, index, &child, err);

    if (rc < 0)
        return rc;
    append_child(parent, child);
    child->counted = true;
    walk->ahead_nodes++;
    rc = fill_node(walk, child, AHEAD_LISTING, err);
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
