#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gbn_target.h"

/* Threads that make the same tree beneath one target, more directories than have handles. */
enum { THREADS = 4, FILES = 300 };

static gbn_target *target;
static atomic_uint made;
static atomic_uint failed;

static void *
make_tree(void *unused)
{
    const gbn_target_attributes attributes = {.mode = 0755};
    char path[64];
    int fd;

    (void)unused;
    for (int i = 0; i < FILES; i++) {
        snprintf(path, sizeof path, "%d/%d/f%d", i % 5, i % 60, i);
        if (gbn_target_create(target, path, &fd, NULL) == GBN_OK) {
            close(fd);
            atomic_fetch_add(&made, 1);
        }
        snprintf(path, sizeof path, "%d/%d", i % 5, i % 60);
        if (gbn_target_set(target, path, S_IFDIR, &attributes, NULL) < 0)
            atomic_fetch_add(&failed, 1);
    }
    return NULL;
}

int
main(void)
{
    pthread_t threads[THREADS];
    gbn_error err;

    if (mkdir("root", 0700) < 0 || gbn_target_open("root", &target, &err) < 0)
        return 1;
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, make_tree, NULL);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    gbn_target_close(target);
    return made == FILES && failed == 0 ? 0 : 1;
}
