#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <pthread.h>

#include "gbn_cancel.h"

Test(cancel, a_flag_is_raised_once_and_for_all)
{
    gbn_cancel cancel;

    gbn_cancel_init(&cancel);
    cr_assert_not(gbn_cancel_raised(&cancel));
    gbn_cancel_raise(&cancel);
    gbn_cancel_raise(&cancel);
    cr_assert(gbn_cancel_raised(&cancel));
}

Test(cancel, work_without_a_flag_cannot_be_called_off)
{
    cr_assert_not(gbn_cancel_raised(NULL));
}

static void *
await_cancel(void *cancel)
{
    while (!gbn_cancel_raised(cancel))
        continue;
    return cancel;
}

Test(cancel, another_thread_sees_it, .timeout = 60)
{
    gbn_cancel cancel;
    pthread_t thread;
    void *result = NULL;

    gbn_cancel_init(&cancel);
    pthread_create(&thread, NULL, await_cancel, &cancel);
    gbn_cancel_raise(&cancel);
    pthread_join(thread, &result);
    cr_assert(eq(ptr, result, &cancel));
}
