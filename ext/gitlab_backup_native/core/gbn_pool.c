#include "gbn_pool.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>

enum { STACK_SIZE = 512 * 1024 }; /* name service modules are the deepest thing we call */

struct thread {
    gbn_pool *pool;
    gbn_pool_task *task;
    void *argument;
    pthread_t id;
};

struct gbn_pool {
    pthread_mutex_t lock;
    void (*abort)(void *context);
    void *context;
    gbn_error failure; /* status GBN_OK while there is none */
    size_t count;
    size_t capacity;
    struct thread threads[];
};

gbn_status
gbn_pool_new(size_t capacity, void (*abort)(void *context), void *context, gbn_pool **result,
             gbn_error *err)
{
    gbn_pool *pool = calloc(1, sizeof *pool + capacity * sizeof pool->threads[0]);

    *result = pool;
    if (pool == NULL)
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "allocate a pool of %zu threads", capacity);
    pool->abort = abort;
    pool->context = context;
    pool->capacity = capacity;
    pthread_mutex_init(&pool->lock, NULL);
    return GBN_OK;
}

void
gbn_pool_fail(gbn_pool *pool, const gbn_error *failure)
{
    bool first;

    pthread_mutex_lock(&pool->lock);
    first = pool->failure.status == GBN_OK;
    if (first)
        pool->failure = *failure;
    pthread_mutex_unlock(&pool->lock);
    if (first)
        pool->abort(pool->context);
}

static void *
run_thread(void *argument)
{
    struct thread *thread = argument;
    gbn_error err = {.status = GBN_OK};
    gbn_status rc = thread->task(thread->argument, &err);

    if (rc < 0) {
        err.status = rc;
        gbn_pool_fail(thread->pool, &err);
    }
    return NULL;
}

/* A new thread inherits the signal mask: block all, start it, restore. */
static int
start_thread(struct thread *thread)
{
    sigset_t all, before;
    pthread_attr_t attributes;
    int errnum;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_SIZE);
    errnum = pthread_create(&thread->id, &attributes, run_thread, thread);
    pthread_attr_destroy(&attributes);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return errnum;
}

gbn_status
gbn_pool_add(gbn_pool *pool, gbn_pool_task *task, void *argument, gbn_error *err)
{
    struct thread *thread = &pool->threads[pool->count];
    gbn_error failure;
    int errnum;

    assert(pool->count < pool->capacity);
    *thread = (struct thread){.pool = pool, .task = task, .argument = argument};
    errnum = start_thread(thread);
    if (errnum != 0) {
        gbn_fail(&failure, GBN_ERR_SYSTEM, errnum, "start a thread");
        gbn_pool_fail(pool, &failure);
        return gbn_fail(err, GBN_ERR_SYSTEM, errnum, "start a thread");
    }
    pool->count++;
    return GBN_OK;
}

gbn_status
gbn_pool_join(gbn_pool *pool, gbn_error *err)
{
    for (size_t i = 0; i < pool->count; i++)
        pthread_join(pool->threads[i].id, NULL);
    pool->count = 0;
    if (pool->failure.status < 0 && err != NULL)
        *err = pool->failure;
    return pool->failure.status;
}

void
gbn_pool_free(gbn_pool *pool)
{
    if (pool == NULL)
        return;
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}
