#include "gbn_queue.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

struct gbn_queue {
    pthread_mutex_t lock;
    pthread_cond_t not_empty;
    pthread_cond_t not_full;
    bool closed;
    bool aborted;
    size_t first; /* where the oldest block is */
    size_t count;
    size_t capacity;
    gbn_block *blocks[]; /* a ring */
};

gbn_status
gbn_queue_new(size_t capacity, gbn_queue **result, gbn_error *err)
{
    gbn_queue *queue = calloc(1, sizeof *queue + capacity * sizeof queue->blocks[0]);

    *result = queue;
    if (queue == NULL)
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "allocate a queue of %zu blocks", capacity);
    queue->capacity = capacity;
    pthread_mutex_init(&queue->lock, NULL);
    pthread_cond_init(&queue->not_empty, NULL);
    pthread_cond_init(&queue->not_full, NULL);
    return GBN_OK;
}

gbn_status
gbn_queue_put(gbn_queue *queue, gbn_block *block)
{
    gbn_status rc = GBN_ERR_CANCELLED;

    pthread_mutex_lock(&queue->lock);
    while (queue->count == queue->capacity && !queue->aborted)
        pthread_cond_wait(&queue->not_full, &queue->lock);
    if (!queue->aborted) {
        queue->blocks[(queue->first + queue->count) % queue->capacity] = block;
        queue->count++;
        rc = GBN_OK;
    }
    pthread_mutex_unlock(&queue->lock);
    if (rc == GBN_OK)
        pthread_cond_signal(&queue->not_empty); /* who wakes finds the lock free */
    return rc;
}

gbn_status
gbn_queue_get(gbn_queue *queue, gbn_block **block)
{
    gbn_status rc = GBN_ERR_CANCELLED;

    pthread_mutex_lock(&queue->lock);
    while (queue->count == 0 && !queue->closed && !queue->aborted)
        pthread_cond_wait(&queue->not_empty, &queue->lock);
    if (!queue->aborted && queue->count > 0) {
        *block = queue->blocks[queue->first];
        queue->first = (queue->first + 1) % queue->capacity;
        queue->count--;
        rc = GBN_OK;
    } else if (!queue->aborted) {
        rc = GBN_END;
    }
    pthread_mutex_unlock(&queue->lock);
    if (rc == GBN_OK)
        pthread_cond_signal(&queue->not_full);
    return rc;
}

void
gbn_queue_close(gbn_queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->closed = true;
    pthread_cond_broadcast(&queue->not_empty);
    pthread_mutex_unlock(&queue->lock);
}

void
gbn_queue_abort(gbn_queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->aborted = true;
    pthread_cond_broadcast(&queue->not_empty);
    pthread_cond_broadcast(&queue->not_full);
    pthread_mutex_unlock(&queue->lock);
}

void
gbn_queue_free(gbn_queue *queue)
{
    if (queue == NULL)
        return;
    pthread_mutex_destroy(&queue->lock);
    pthread_cond_destroy(&queue->not_empty);
    pthread_cond_destroy(&queue->not_full);
    free(queue);
}
