#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "gbn_queue.h"
#include "process.h"

enum { BLOCKS = 20000 };

static gbn_error err;

static gbn_queue *
new_queue(size_t capacity)
{
    gbn_queue *queue;

    cr_assert(eq(int, gbn_queue_new(capacity, &queue, &err), GBN_OK));
    return queue;
}

Test(queue, first_in_is_first_out)
{
    gbn_queue *queue = new_queue(3);
    gbn_block blocks[3];
    gbn_block *block;

    for (int round = 0; round < 5; round++) { /* the ring goes round */
        for (int i = 0; i < 3; i++)
            cr_assert(eq(int, gbn_queue_put(queue, &blocks[i]), GBN_OK));
        for (int i = 0; i < 3; i++) {
            cr_assert(eq(int, gbn_queue_get(queue, &block), GBN_OK));
            cr_assert(eq(ptr, block, &blocks[i]));
        }
    }
    gbn_queue_free(queue);
}

Test(queue, a_closed_one_is_emptied_first_and_then_at_its_end)
{
    gbn_queue *queue = new_queue(2);
    gbn_block one;
    gbn_block *block;

    gbn_queue_put(queue, &one);
    gbn_queue_close(queue);
    cr_assert(eq(int, gbn_queue_get(queue, &block), GBN_OK));
    cr_assert(eq(int, gbn_queue_get(queue, &block), GBN_END));
    cr_assert(eq(int, gbn_queue_get(queue, &block), GBN_END));
    gbn_queue_free(queue);
}

Test(queue, an_aborted_one_gives_and_takes_nothing)
{
    gbn_queue *queue = new_queue(2);
    gbn_block one;
    gbn_block *block;

    gbn_queue_put(queue, &one);
    gbn_queue_abort(queue);
    gbn_queue_close(queue);
    cr_assert(eq(int, gbn_queue_get(queue, &block), GBN_ERR_CANCELLED));
    cr_assert(eq(int, gbn_queue_put(queue, &one), GBN_ERR_CANCELLED));
    gbn_queue_free(queue);
    gbn_queue_free(NULL);
}

struct waiter {
    gbn_queue *queue;
    bool puts;
    gbn_status rc;
};

static void *
wait_at_queue(void *argument)
{
    struct waiter *waiter = argument;
    gbn_block block;
    gbn_block *got;

    waiter->rc =
        waiter->puts ? gbn_queue_put(waiter->queue, &block) : gbn_queue_get(waiter->queue, &got);
    return NULL;
}

static void
expect_woken(bool puts, void (*wake)(gbn_queue *queue), gbn_status rc)
{
    gbn_queue *queue = new_queue(1);
    struct waiter waiters[8];
    pthread_t threads[8];
    gbn_block one;

    if (puts)
        gbn_queue_put(queue, &one);
    for (int i = 0; i < 8; i++) {
        waiters[i] = (struct waiter){.queue = queue, .puts = puts};
        pthread_create(&threads[i], NULL, wait_at_queue, &waiters[i]);
    }
    wake(queue);
    for (int i = 0; i < 8; i++) {
        pthread_join(threads[i], NULL);
        cr_assert(eq(int, waiters[i].rc, rc));
    }
    gbn_queue_free(queue);
}

Test(queue, a_close_wakes_everyone_who_waits_for_a_block, .timeout = 60)
{
    expect_woken(false, gbn_queue_close, GBN_END);
}

Test(queue, an_abort_wakes_everyone_who_waits_for_a_block, .timeout = 60)
{
    expect_woken(false, gbn_queue_abort, GBN_ERR_CANCELLED);
}

Test(queue, an_abort_wakes_everyone_who_waits_for_room, .timeout = 60)
{
    expect_woken(true, gbn_queue_abort, GBN_ERR_CANCELLED);
}

struct traffic {
    gbn_queue *queue;
    gbn_block *blocks;
    atomic_int next, seen;
};

static void *
put_many(void *argument)
{
    struct traffic *traffic = argument;
    int i;

    while ((i = atomic_fetch_add(&traffic->next, 1)) < BLOCKS)
        gbn_queue_put(traffic->queue, &traffic->blocks[i]);
    return NULL;
}

static void *
get_many(void *argument)
{
    struct traffic *traffic = argument;
    gbn_block *block;

    while (gbn_queue_get(traffic->queue, &block) == GBN_OK) {
        block->number++;
        atomic_fetch_add(&traffic->seen, 1);
    }
    return NULL;
}

/* Capacities down to one, where every put waits for a get. */
static void
expect_each_once(size_t capacity)
{
    struct traffic traffic = {.queue = new_queue(capacity)};
    pthread_t threads[8];

    traffic.blocks = calloc(BLOCKS, sizeof traffic.blocks[0]);
    for (int i = 0; i < 8; i++)
        pthread_create(&threads[i], NULL, i < 4 ? put_many : get_many, &traffic);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    gbn_queue_close(traffic.queue);
    for (int i = 4; i < 8; i++)
        pthread_join(threads[i], NULL);
    cr_assert(eq(int, traffic.seen, BLOCKS));
    for (int i = 0; i < BLOCKS; i++)
        cr_assert(eq(u64, traffic.blocks[i].number, 1));
    free(traffic.blocks);
    gbn_queue_free(traffic.queue);
}

Test(queue, each_block_comes_out_once_whoever_puts_and_gets, .timeout = 60)
{
    expect_each_once(1);
    expect_each_once(2);
    expect_each_once(64);
}
