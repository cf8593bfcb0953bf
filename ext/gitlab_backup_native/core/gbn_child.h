#ifndef GBN_CHILD_H
#define GBN_CHILD_H

#include <stddef.h>
#include <sys/types.h>

#include "gbn_error.h"

/*
 * gbn_child - starts another program that cannot outlive us. What Ruby's spawn
 * has no words for: the child asks for SIGKILL when its parent thread ends, after
 * it has become another user (a change of user clears that request).
 */
typedef struct gbn_child_options {
    const char *const *argv; /* NULL at the end; argv[0] is searched in `environment`'s PATH */
    const char *const *environment; /* "NAME=value", NULL at the end */
    const char *directory;          /* to change to, as the new user; NULL stays */
    int descriptors[3];             /* become 0, 1, 2, and blocking; -1 means /dev/null */
    int change_user;                /* non-zero: become uid, gid and exactly these groups */
    uid_t uid;
    gid_t gid;
    const gid_t *groups;
    size_t group_count;
} gbn_child_options;

/*
 * Start it. All other descriptors are closed in the child; its signal mask is
 * empty and its signal handling the default. It leads a session and a process
 * group of its own, whose number is its pid: a terminal's Ctrl-C does not reach it,
 * it finds no terminal to ask for a password, and kill(-pid) ends its children too.
 *
 * Returns  GBN_OK with the child's pid: the program is running by then, or was
 *          killed before it could.
 *          GBN_ERR_SYSTEM with the errno of what failed in the child (ENOENT,
 *          EACCES, EPERM, ...); no child is left then.
 * Threads  the child is killed when the *thread* that called this ends.
 * Blocks   until the program is loaded.
 */
gbn_status gbn_child_start(const gbn_child_options *options, pid_t *pid, gbn_error *err);

/*
 * For a process that was forked: have the kernel send it `signal` when the thread that forked it
 * ends. To be called after a change of user, which clears the request.
 *
 * Returns  GBN_OK, GBN_END when `parent` is gone already, or GBN_ERR_SYSTEM.
 */
gbn_status gbn_child_follow(pid_t parent, int signal, gbn_error *err);

#endif
