#ifndef GBN_WALK_STATE_H
#define GBN_WALK_STATE_H

#include <pthread.h>

#include "gbn_walk.h"

/*
 * Every directory met so far is a node. `current` is the one whose names are being given
 * out. The frontier is a list, in walk order, of nodes that may still have
 * subdirectories nobody has begun to list; a node stands there for what remains of
 * it, so a child begun ahead is put in front of its parent. The first name found
 * from the frontier's start is therefore the directory the walk needs first.
 */
enum state { FRESH, LISTING, LISTED, FAILED };

struct node {
    struct node *parent;
    gbn_dir *dir;
    size_t index; /* of its name in the parent's listing */
    enum state state;
    int errnum; /* when FAILED */
    struct stat status;
    int64_t settled_ns;
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

/* All that follows: with the lock held. */

/* Returns NULL when there is no memory. Takes `dir`, also then. */
struct node *gbn_walk_node_new(struct node *parent, gbn_dir *dir, size_t index);

/* Free a node and what was begun below it. */
void gbn_walk_node_free(gbn_walk *walk, struct node *node);

/* Put `node` in front of `place`, which is NULL for the very first node. */
void gbn_walk_enter_frontier(gbn_walk *walk, struct node *node, struct node *place);
void gbn_walk_leave_frontier(gbn_walk *walk, struct node *node);

/* The node of the subdirectory named at `index`, on the frontier in front of its parent. */
gbn_status gbn_walk_begin_child(gbn_walk *walk, struct node *parent, size_t index,
                                struct node **child, gbn_error *err);

/* The same for the walk itself: begun ahead, or begun now. */
gbn_status gbn_walk_take_child(gbn_walk *walk, struct node *parent, size_t index,
                               struct node **child, gbn_error *err);

/* Read a directory's names, or find out why it cannot be read; past `limit` bytes (0: none) it
 * is left as fresh as before. The lock is let go meanwhile. */
gbn_status gbn_walk_fill(gbn_walk *walk, struct node *node, size_t limit, gbn_error *err);

#endif
