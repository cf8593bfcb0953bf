#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <malloc.h>

#include "gbn_links.h"

static gbn_error err;
static gbn_links links;

static void
end(void)
{
    gbn_links_free(&links);
}

TestSuite(links, .fini = end);

static gbn_link *
meet(dev_t device, ino_t inode, nlink_t count, bool *repeats)
{
    const struct stat status = {.st_dev = device, .st_ino = inode, .st_nlink = count};
    gbn_link *link;

    cr_assert(eq(int, gbn_links_meet(&links, &status, &link, repeats, &err), GBN_OK));
    return link;
}

Test(links, the_first_name_is_first_and_all_others_repeat_it)
{
    bool repeats;
    gbn_link *first = meet(1, 7, 3, &repeats);

    cr_assert_not(repeats);
    cr_assert(eq(int, gbn_link_keep(first, "./a", &err), GBN_OK));
    for (int i = 0; i < 2; i++) {
        cr_assert(eq(ptr, meet(1, 7, 3, &repeats), first));
        cr_assert(repeats);
        cr_assert(eq(str, first->path, "./a"));
        gbn_links_leave(&links, first);
    }
    gbn_links_leave(&links, first);
}

Test(links, device_and_inode_together_are_one_file)
{
    bool repeats;

    for (dev_t device = 0; device < 4; device++) {
        for (ino_t inode = 0; inode < 50; inode++) {
            meet(device, inode * 0x100000001, 2, &repeats);
            cr_assert_not(repeats);
        }
    }
    for (dev_t device = 0; device < 4; device++) {
        for (ino_t inode = 0; inode < 50; inode++) {
            meet(device, inode * 0x100000001, 2, &repeats);
            cr_assert(repeats);
        }
    }
}

Test(links, a_file_is_forgotten_when_all_its_names_were_met_and_left)
{
    size_t before = 0;
    bool repeats;
    gbn_link *link;

    for (ino_t inode = 0; inode < 1010; inode++) {
        if (inode == 10)
            before = mallinfo2().uordblks;
        link = meet(1, inode, 2, &repeats);
        gbn_link_keep(link, "./x", &err);
        gbn_links_leave(&links, link);
        gbn_links_leave(&links, meet(1, inode, 2, &repeats));
    }
    cr_assert(eq(ptr, links.tree, NULL));
    cr_assert(eq(sz, mallinfo2().uordblks, before));
}

Test(links, a_file_stays_as_long_as_an_entry_points_to_it)
{
    bool repeats;
    gbn_link *link = meet(1, 7, 2, &repeats);

    gbn_link_keep(link, "./x", &err);
    gbn_links_leave(&links, meet(1, 7, 2, &repeats));
    cr_assert(eq(str, link->path, "./x"));
    gbn_links_leave(&links, link);
    cr_assert(eq(ptr, links.tree, NULL));
}

Test(links, names_that_appear_meanwhile_do_no_harm)
{
    bool repeats;
    gbn_link *link = meet(1, 7, 2, &repeats);

    for (int i = 0; i < 5; i++) {
        gbn_links_leave(&links, meet(1, 7, (nlink_t)(2 + i), &repeats));
        cr_assert(repeats);
    }
    gbn_links_leave(&links, link);
    link = meet(1, 7, 7, &repeats);
    cr_assert_not(repeats);
}

Test(links, what_was_never_met_again_is_freed_at_the_end)
{
    bool repeats;

    for (ino_t inode = 0; inode < 100; inode++)
        gbn_link_keep(meet(1, inode, 5, &repeats), "./x", &err);
}
