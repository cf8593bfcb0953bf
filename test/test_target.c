#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gbn_target.h"
#include "process.h"
#include "scratch.h"
#include "tree.h"

static gbn_target *target;
static gbn_error err;
static size_t descriptors;

static void
begin(void)
{
    scratch_enter();
    tree_directory("root");
    tree_directory("outside");
    tree_text("outside/f", "secret");
    descriptors = process_descriptors();
    cr_assert(eq(int, gbn_target_open("root", &target, &err), GBN_OK));
}

static void
end(void)
{
    gbn_target_close(target);
    cr_assert(eq(sz, process_descriptors(), descriptors));
    scratch_leave();
}

TestSuite(target, .init = begin, .fini = end, .timeout = 60);

static gbn_status
create(const char *path)
{
    int fd;
    gbn_status rc = gbn_target_create(target, path, &fd, &err);

    cr_assert(eq(int, fd >= 0, rc == GBN_OK));
    if (fd >= 0)
        close(fd);
    return rc;
}

static void
files_are_made_once_with_their_parents(void)
{
    cr_assert(eq(int, create("a/b/f"), GBN_OK));
    cr_assert(eq(int, create("a/b/f"), GBN_AGAIN));
    cr_assert(eq(int, create("a/b"), GBN_ERR_FORMAT));
    cr_assert(eq(int, access("root/a/b/f", F_OK), 0));
}

static void
no_link_on_the_way_is_followed(void)
{
    tree_symlink("../outside", "root/l");
    cr_assert(eq(int, create("l/x"), GBN_ERR_FORMAT));
    cr_assert(eq(int, create("l"), GBN_ERR_FORMAT));
    cr_assert(eq(int, create("../outside/x"), GBN_ERR_FORMAT));
    cr_assert(eq(int, access("outside/x", F_OK), -1));
}

/* Each fact twice: with openat2, and without. */
#define BOTH(fact)                                                                                 \
    Test(target, fact)                                                                             \
    {                                                                                              \
        fact();                                                                                    \
    }                                                                                              \
    Test(target, without_openat2_##fact)                                                           \
    {                                                                                              \
        gbn_target_walk(target);                                                                   \
        fact();                                                                                    \
    }

BOTH(files_are_made_once_with_their_parents)
BOTH(no_link_on_the_way_is_followed)
