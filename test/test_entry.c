#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#include "gbn_entry.h"
#include "process.h"
#include "scratch.h"
#include "tree.h"

enum { LIMIT = 1000 };

static gbn_error err;
static gbn_root *root;
static gbn_entry entry;
static gbn_sha256 *sha;
static uint8_t buffer[LIMIT];

static void
begin(void)
{
    scratch_enter();
    tree_directory("r");
    tree_text("outside", "secret");
    cr_assert(eq(int, gbn_sha256_new(&sha, &err), GBN_OK));
    process_remember();
}

static void
end(void)
{
    gbn_entry_release(&entry);
    gbn_bytes_free(&entry.target);
    gbn_root_close(root);
    gbn_sha256_free(sha);
    process_expect_same();
    scratch_leave();
}

TestSuite(entry, .init = begin, .fini = end);

/* The name as the walk saw it; what happens next happens to it before it is opened. */
static void
meet_as(const char *name, mode_t type)
{
    gbn_walk_item item = {.type = type};

    cr_assert(eq(int, gbn_root_open("r", 4, &root, &err), GBN_OK));
    item.parent = gbn_root_top(root);
    strcpy(item.name, name);
    gbn_entry_init(&entry, &item, root);
}

static void
open_entry(void)
{
    cr_assert(eq(int, gbn_entry_open(&entry, root, &err), GBN_OK));
}

static void
read_entry(void)
{
    cr_assert(eq(int, gbn_entry_read(&entry, buffer, LIMIT, sha, &err), GBN_OK));
}

static void
expect_content(const char *text)
{
    cr_assert_not(entry.absent);
    cr_assert(eq(sz, (size_t)entry.status.st_size, strlen(text)));
    cr_assert(eq(int, memcmp(entry.file.content, text, strlen(text)), 0));
}

static void
expect_note(gbn_manifest_note_kind kind, int errnum)
{
    cr_assert(entry.noted);
    cr_assert(all(eq(int, entry.note, kind), eq(int, entry.errnum, errnum)));
}

static void
expect_absent(gbn_manifest_note_kind kind, int errnum)
{
    cr_assert(entry.absent);
    expect_note(kind, errnum);
    cr_assert(eq(int, entry.file.fd, -1));
}

Test(entry, a_file_is_opened_read_and_hashed)
{
    static const uint8_t abc[] = {0xba, 0x78, 0x16, 0xbf}; /* FIPS 180-4's own example */

    tree_text("r/f", "abc");
    meet_as("f", S_IFREG);
    open_entry();
    cr_assert(eq(u64, entry.file.size, 3));
    read_entry();
    expect_content("abc");
    cr_assert(eq(int, memcmp(entry.sha256, abc, sizeof abc), 0));
    cr_assert_not(entry.noted || entry.settled); /* it is too young to be settled */
}

Test(entry, a_name_of_unknown_type_is_looked_at)
{
    tree_text("r/f", "abc");
    meet_as("f", 0);
    open_entry();
    read_entry();
    expect_content("abc");
}

Test(entry, a_name_that_vanished_is_absent)
{
    meet_as("gone", S_IFREG);
    open_entry();
    expect_absent(GBN_NOTE_VANISHED, ENOENT);
}

Test(entry, a_directory_that_vanished_is_absent)
{
    meet_as("gone", S_IFDIR);
    open_entry();
    expect_absent(GBN_NOTE_VANISHED, ENOENT);
}

Test(entry, a_file_nobody_may_read_is_absent_and_unreadable)
{
    process_become_nobody();
    tree_text("r/f", "abc");
    chmod("r/f", 0);
    meet_as("f", S_IFREG);
    open_entry();
    expect_absent(GBN_NOTE_UNREADABLE, EACCES);
}

Test(entry, a_file_that_became_a_link_is_a_link)
{
    tree_symlink("../outside", "r/f");
    meet_as("f", S_IFREG);
    open_entry();
    cr_assert_not(entry.absent || entry.noted);
    cr_assert(eq(str, (char *)entry.target.data, "../outside"));
    cr_assert(eq(int, entry.file.fd, -1));
}

Test(entry, a_file_that_became_a_fifo_is_a_fifo_and_nobody_waits_for_it, .timeout = 60)
{
    cr_assert(eq(int, mkfifo("r/f", 0600), 0));
    meet_as("f", S_IFREG);
    open_entry();
    cr_assert_not(entry.absent || entry.noted);
    cr_assert(eq(u32, entry.status.st_mode & S_IFMT, S_IFIFO));
}

Test(entry, a_file_that_became_a_socket_is_skipped)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "r/f"};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    cr_assert(eq(int, bind(fd, (struct sockaddr *)&address, sizeof address), 0));
    close(fd);
    meet_as("f", S_IFREG);
    open_entry();
    expect_absent(GBN_NOTE_SKIPPED, 0);
    cr_assert(eq(str, (char *)entry.reason, "a socket has no content"));
}

Test(entry, a_file_that_became_a_directory_is_an_empty_one_and_noted)
{
    tree_directory("r/f");
    meet_as("f", S_IFREG);
    open_entry();
    cr_assert_not(entry.absent);
    expect_note(GBN_NOTE_CHANGED, 0);
    cr_assert(eq(u32, entry.status.st_mode & S_IFMT, S_IFDIR));
}

Test(entry, a_link_that_became_a_file_is_a_file)
{
    tree_text("r/f", "abc");
    meet_as("f", S_IFLNK);
    open_entry();
    read_entry();
    expect_content("abc");
}

Test(entry, a_link_keeps_its_memory_for_the_next_one)
{
    const uint8_t *memory;

    tree_symlink("one", "r/1");
    tree_symlink("another", "r/2");
    meet_as("1", S_IFLNK);
    open_entry();
    memory = entry.target.data;
    gbn_entry_release(&entry);
    gbn_root_close(root);
    meet_as("2", S_IFLNK);
    open_entry();
    cr_assert(all(eq(ptr, entry.target.data, (void *)memory),
                  eq(str, (char *)entry.target.data, "another")));
}

Test(entry, devices_are_what_they_are)
{
    if (mknod("r/f", S_IFCHR | 0600, makedev(1, 3)) < 0)
        cr_skip("only root may make devices");
    meet_as("f", S_IFREG);
    open_entry();
    cr_assert_not(entry.absent || entry.noted);
    cr_assert(eq(u64, entry.status.st_rdev, makedev(1, 3)));
    cr_assert(eq(int, entry.file.fd, -1));
}

Test(entry, a_folder_that_could_not_be_listed_stays_as_an_empty_one)
{
    gbn_walk_item item = {.type = S_IFDIR, .errnum = EACCES, .name = "d"};

    tree_directory("r/d");
    cr_assert(eq(int, gbn_root_open("r", 4, &root, &err), GBN_OK));
    item.parent = gbn_root_top(root);
    gbn_entry_init(&entry, &item, root);
    open_entry();
    cr_assert_not(entry.absent);
    expect_note(GBN_NOTE_UNREADABLE, EACCES);
}

Test(entry, one_that_grew_between_opening_and_reading_is_read_in_full)
{
    tree_text("r/f", "abc");
    meet_as("f", S_IFREG);
    open_entry();
    tree_text("r/f", "abcdef");
    read_entry();
    expect_content("abcdef");
    cr_assert_not(entry.noted || entry.settled);
}

Test(entry, one_that_outgrew_the_limit_is_cut_and_noted)
{
    tree_text("r/f", "abc");
    meet_as("f", S_IFREG);
    open_entry();
    tree_file("r/f", LIMIT + 1);
    read_entry();
    cr_assert(eq(long, entry.status.st_size, 3));
    expect_note(GBN_NOTE_CHANGED, 0);
    cr_assert(eq(str, (char *)entry.reason, "grew while it was read"));
}

Test(entry, one_that_shrank_is_short_and_needs_no_note)
{
    tree_text("r/f", "abcdef");
    meet_as("f", S_IFREG);
    open_entry();
    cr_assert(eq(int, truncate("r/f", 2), 0));
    read_entry();
    expect_content("ab");
    cr_assert_not(entry.noted);
}

Test(entry, one_whose_name_is_gone_or_another_files_is_what_was_opened)
{
    tree_text("r/f", "abc");
    meet_as("f", S_IFREG);
    open_entry();
    tree_text("r/new", "impostor");
    cr_assert(eq(int, rename("r/new", "r/f"), 0));
    read_entry();
    expect_content("abc");
}

/* Slices of a large file: what the reader finds out about each, and in the end. */
static void
open_large(void)
{
    tree_file("r/f", 100000);
    meet_as("f", S_IFREG);
    open_entry();
    entry.settled = true;
}

Test(entry, a_large_file_that_rested_keeps_its_word)
{
    open_large();
    gbn_entry_note_slice(&entry, &(gbn_file_result){0});
    gbn_entry_note_sliced(&entry);
    cr_assert(entry.settled);
    cr_assert_not(entry.noted);
}

Test(entry, a_large_file_that_changed_is_noted_once)
{
    open_large();
    gbn_entry_note_slice(&entry, &(gbn_file_result){.shrunk = true});
    cr_assert(eq(int, truncate("r/f", 10), 0));
    gbn_entry_note_sliced(&entry);
    expect_note(GBN_NOTE_CHANGED, 0);
    cr_assert(eq(str, (char *)entry.reason, "shrank while it was read: filled with zeros"));
    cr_assert_not(entry.settled);
}

Test(entry, a_large_file_that_grew_or_was_rewritten_is_noted)
{
    open_large();
    tree_file("r/f", 200000);
    gbn_entry_note_sliced(&entry);
    expect_note(GBN_NOTE_CHANGED, 0);
    cr_assert_not(entry.settled);
}

Test(entry, a_read_error_outweighs_every_other_note)
{
    open_large();
    gbn_entry_note_slice(&entry, &(gbn_file_result){.shrunk = true});
    gbn_entry_note_slice(&entry, &(gbn_file_result){.errnum = EIO});
    gbn_entry_note_slice(&entry, &(gbn_file_result){.shrunk = true});
    gbn_entry_note_sliced(&entry);
    expect_note(GBN_NOTE_UNREADABLE, EIO);
}

Test(entry, what_rested_for_two_seconds_is_settled)
{
    tree_text("r/f", "abc");
    meet_as("f", S_IFREG);
    cr_assert(eq(int, sleep(3), 0));
    open_entry();
    if (gbn_root_remote(root) || entry.status.st_dev != gbn_root_device(root))
        cr_skip("the scratch directory is not all on one local disk, but an overlay perhaps");
    read_entry();
    cr_assert(entry.settled);
}

Test(entry, a_process_at_the_end_of_its_means_is_a_failure)
{
    tree_text("r/f", "abc");
    meet_as("f", S_IFREG);
    process_leave_descriptors(0);
    cr_assert(eq(int, gbn_entry_open(&entry, root, &err), GBN_ERR_SYSTEM));
    cr_assert(all(eq(int, err.errnum, EMFILE), eq(str, err.message, "open f")));
    process_allow_descriptors();
}
