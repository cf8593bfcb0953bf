#ifndef PROCESS_H
#define PROCESS_H

#include <stdbool.h>
#include <stddef.h>

/*
 * process - what this process holds and may do. Each test has a process of its own, so
 * nothing here needs to be undone.
 */

/* How many descriptors are open. */
size_t process_descriptors(void);

/* How many threads there are; whoever looks after a test may have some of its own. */
size_t process_threads(void);

/* Does the number of threads come down to `count` within two seconds? A joined one lingers. */
bool process_has_threads(size_t count);

/* Remember how many there are of both; expect as many again, threads as process_has_threads does. */
void process_remember(void);
void process_expect_same(void);

/* Become an ordinary user, who owns all that is in the scratch directory; nothing when not root. */
void process_become_nobody(void);

/* From now on `count` more descriptors can be opened. */
void process_leave_descriptors(size_t count);

/* From now on the kernel has no openat2, as before Linux 5.6 (seccomp(2)). */
void process_refuse_openat2(void);

/*
 * A test of a fact, and another one of the same without openat2: `refuse` calls process_refuse_openat2, and
 * whatever else has to be done to begin with.
 */
#define PROCESS_BOTH_WAYS(suite, fact, refuse)                                                     \
    static void fact(void);                                                                        \
    Test(suite, fact)                                                                              \
    {                                                                                              \
        fact();                                                                                    \
    }                                                                                              \
    Test(suite, without_openat2_##fact)                                                            \
    {                                                                                              \
        refuse();                                                                                  \
        fact();                                                                                    \
    }                                                                                              \
    static void fact(void)

/* Skips the test where valgrind looks on: `why` says what it does otherwise then. */
void process_skip_under_valgrind(const char *why);

/* As many as at first again. */
void process_allow_descriptors(void);

/* The monotonic clock in milliseconds. */
long process_clock_ms(void);

#endif
