#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#include "faults.h"
#include "gbn_archive.h"
#include "output.h"
#include "process.h"
#include "scratch.h"
#include "tree.h"

static gbn_error err;
static gbn_product_result result;
static gbn_archive_options options;

static void
begin(void)
{
    scratch_enter();
    umask(022);
    tree_directory("r");
    options = (gbn_archive_options){.root = "r", .product = output_options("zlib", 2)};
    process_remember();
}

static void
end(void)
{
    gbn_product_result_free(&result);
    process_expect_same();
    scratch_leave();
}

TestSuite(archive, .init = begin, .fini = end, .timeout = 120);

static gbn_status
run(void)
{
    gbn_job *job;
    gbn_status rc;

    gbn_product_result_free(&result);
    result = (gbn_product_result){0};
    rc = gbn_archive_start(&options, &result, &job, &err);
    return rc == GBN_OK ? output_finish(job, &err) : rc;
}

static void
archive(void)
{
    cr_assert(eq(int, run(), GBN_OK), "%s", err.message);
    output_expect_result(&result, options.product.codec != NULL);
}

/* What tar lists of it. */
static const char *
listed(void)
{
    static gbn_bytes names;

    gbn_bytes_clear(&names);
    cr_assert(eq(int,
                 RUN(&names, "tar", options.product.codec == NULL ? "-tf" : "-tzf", "p",
                     "--quoting-style=literal"),
                 0));
    return (const char *)names.data;
}

/* Extracted it is the tree: same content, same modes, times, links. */
static void
expect_same_tree(void)
{
    gbn_bytes difference = GBN_BYTES_INIT;

    cr_assert(eq(int, RUN(NULL, "mkdir", "x"), 0));
    cr_assert(eq(int, RUN(NULL, "tar", "-xzpf", "p", "-C", "x"), 0));
    RUN(&difference, "sh", "-c",
        "diff -r --no-dereference r x | grep -v 'is a fifo while'; for t in r x; do (cd $t; find . "
        "! -type d -printf "
        "'%P %y %m %T@ %s %l %n\\n' -o -printf '%P %y %m %Ts\\n' | sed 's/\\(\\.[0-9]*\\) / /' | "
        "sort >../$t.list); done; diff r.list x.list");
    cr_assert(eq(str, (char *)difference.data, ""));
    gbn_bytes_free(&difference);
}

static void
expect_note(gbn_manifest_note_kind kind, const char *path, const char *reason)
{
    for (size_t i = 0; i < result.note_count; i++) {
        const gbn_product_note *note = &result.notes[i];

        if (note->kind == kind && strcmp(note->path, path) == 0 &&
            strcmp(note->reason, reason) == 0)
            return;
    }
    cr_assert(false, "no note about %s", path);
}

Test(archive, it_is_the_tree)
{
    tree_forest("r/t", 40, 8);
    tree_symlink("../../outside", "r/link");
    tree_hard_link("r/t/00/1/3", "r/again");
    tree_directory("r/empty");
    chmod("r/empty", 01750);
    chmod("r/again", 0444);
    cr_assert(eq(int, mkfifo("r/fifo", 0640), 0));
    archive();
    expect_same_tree();
    cr_assert(all(eq(u64, result.files, 321), eq(u64, result.directories, 46)));
    cr_assert(all(eq(u64, result.entries, 369), eq(sz, result.note_count, 0)));
}

Test(archive, an_empty_tree_is_its_root)
{
    archive();
    cr_assert(eq(str, (char *)listed(), "./\n"));
    cr_assert(all(eq(u64, result.directories, 1), eq(u64, result.files, 0)));
}

Test(archive, no_tree_at_all_makes_an_archive_without_members)
{
    options.root = NULL;
    archive();
    cr_assert(eq(str, (char *)listed(), ""));
    cr_assert(all(eq(u64, result.entries, 0), eq(u64, result.raw, 10240)));
}

Test(archive, a_root_that_is_a_link_is_followed_and_nothing_beneath_it)
{
    tree_text("r/f", "content");
    tree_symlink("f", "r/inside");
    tree_symlink("r", "link");
    options.root = "link";
    archive();
    cr_assert(eq(str, (char *)listed(), "./\n./f\n./inside\n"));
    expect_same_tree();
}

Test(archive, a_root_that_is_none_leaves_nothing)
{
    tree_text("file", "");
    options.root = "missing";
    cr_assert(eq(int, run(), GBN_ERR_SYSTEM));
    cr_assert(all(eq(int, err.errnum, ENOENT), eq(str, err.message, "open missing")));
    options.root = "file";
    cr_assert(eq(int, run(), GBN_ERR_SYSTEM));
    cr_assert(eq(int, err.errnum, ENOTDIR));
    cr_assert(output_is_absent());
}

Test(archive, excludes_and_members_are_the_walks)
{
    const char *const exclude[] = {"tmp"};
    const char *const members[] = {"z", "a", "gone"};

    tree_directory("r/a");
    tree_text("r/a/x", "");
    tree_directory("r/tmp");
    tree_text("r/z", "");
    options.exclude = exclude;
    options.exclude_count = 1;
    archive();
    cr_assert(eq(str, (char *)listed(), "./\n./a/\n./a/x\n./z\n"));
    output_remove(&result);
    options.members = members;
    options.member_count = 3;
    options.product.codec = NULL;
    archive();
    cr_assert(eq(str, (char *)listed(), "z\na/\na/x\n"));
    expect_note(GBN_NOTE_VANISHED, "gone", "No such file or directory");
}

Test(archive, sizes_at_the_edges_of_blocks_come_back_whole)
{
    static const size_t sizes[] = {0,       1,           511,         512,        513,
                                   984064,  1031680,     1032192,     1032193,    1033216,
                                   1048064, 1048575,     1048576,     1048577,    3145728,
                                   3145729, 1032192 + 8, 5 * 1048576, 983552 + 1, 1033215};
    char path[64];

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        snprintf(path, sizeof path, "r/%02zu", i);
        tree_file(path, sizes[i]);
    }
    archive();
    expect_same_tree();
}

/* 961 to 1,009 KiB, where header and content come to about a block. */
Test(archive, sizes_around_a_block_come_back_whole)
{
    char path[64];

    for (size_t kib = 961; kib <= 1009; kib += 2) {
        snprintf(path, sizeof path, "r/%04zu", kib);
        tree_file(path, kib * 1024 + kib % 3);
    }
    archive();
    expect_same_tree();
}

Test(archive, any_number_of_workers_makes_the_same_bytes)
{
    tree_forest("r/t", 40, 10);
    tree_file("r/large", 5 * 1024 * 1024 + 77);
    tree_hard_link("r/large", "r/t/again");
    sleep(3); /* so that all of it is settled, every time */
    for (size_t i = 0; gbn_gzip_codec_at(i) != NULL; i++) {
        options.product.codec = gbn_gzip_codec_at(i);
        options.product.workers = 1;
        archive();
        cr_assert(all(eq(int, rename("p", "p1"), 0), eq(int, rename("m", "m1"), 0)));
        for (unsigned j = 0; j < 3; j++) {
            options.product.workers = 2 + 3 * j;
            archive();
            cr_assert(output_same("p", "p1") && output_same("m", "m1"));
            output_remove(&result);
        }
    }
}

Test(archive, names_no_tool_likes_come_back)
{
    char name[300];

    memset(name, 'n', sizeof name);
    memcpy(name, "r/", 2);
    name[257] = '\0';
    tree_text(name, "255 bytes");
    memset(name + 2, 0xff, 255);
    tree_text(name, "255 bytes of no text");
    tree_text("r/new\nline", "");
    tree_text("r/\"quoted\" 'twice' \\", "");
    tree_text("r/-rf", "");
    tree_text("r/ ", "");
    tree_text("r/\x80\xfe", "");
    tree_symlink("\xff\n\"", "r/link");
    tree_symlink(name + 2, "r/long link");
    archive();
    expect_same_tree();
}

Test(archive, what_we_may_not_read_is_noted_and_the_rest_is_kept)
{
    process_become_nobody();
    tree_text("r/a", "");
    tree_text("r/closed", "");
    tree_directory("r/folder");
    tree_text("r/folder/x", "");
    tree_text("r/z", "");
    chmod("r/closed", 0);
    chmod("r/folder", 0);
    archive();
    cr_assert(eq(str, (char *)listed(), "./\n./a\n./folder/\n./z\n"));
    cr_assert(eq(u64, result.note_counts[GBN_NOTE_UNREADABLE], 2));
    expect_note(GBN_NOTE_UNREADABLE, "closed", "Permission denied");
    expect_note(GBN_NOTE_UNREADABLE, "folder", "Permission denied");
    chmod("r/folder", 0700);
}

Test(archive, names_of_a_file_whose_first_cannot_be_read_are_all_noted)
{
    process_become_nobody();
    tree_text("r/a", "");
    tree_hard_link("r/a", "r/b");
    chmod("r/a", 0);
    archive();
    cr_assert(eq(str, (char *)listed(), "./\n"));
    cr_assert(eq(u64, result.note_counts[GBN_NOTE_UNREADABLE], 2));
}

Test(archive, a_file_whose_first_name_lies_in_a_closed_folder_is_archived_by_its_second)
{
    process_become_nobody();
    tree_directory("r/a");
    tree_text("r/a/x", "content");
    tree_hard_link("r/a/x", "r/b");
    tree_hard_link("r/a/x", "r/c");
    chmod("r/a", 0);
    archive();
    cr_assert(eq(str, (char *)listed(), "./\n./a/\n./b\n./c\n"));
    chmod("r/a", 0700);
}

Test(archive, sockets_are_skipped_with_a_note)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "r/s"};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    cr_assert(eq(int, bind(fd, (struct sockaddr *)&address, sizeof address), 0));
    close(fd);
    archive();
    cr_assert(eq(str, (char *)listed(), "./\n"));
    expect_note(GBN_NOTE_SKIPPED, "s", "a socket has no content");
}

Test(archive, devices_are_archived_as_what_they_are)
{
    gbn_bytes list = GBN_BYTES_INIT;

    if (mknod("r/c", S_IFCHR | 0600, makedev(1, 3)) < 0)
        cr_skip("only root may make devices");
    cr_assert(eq(int, mknod("r/b", S_IFBLK | 0600, makedev(7, 200)), 0));
    archive();
    RUN(&list, "sh", "-c", "tar -tvzf p | awk '{print $1, $3, $6}'");
    cr_assert_not_null(strstr((char *)list.data, "brw------- 7,200 ./b"));
    cr_assert_not_null(strstr((char *)list.data, "crw------- 1,3 ./c"));
    gbn_bytes_free(&list);
}

Test(archive, what_no_header_can_express_is_skipped_with_a_note)
{
    if (mknod("r/c", S_IFCHR | 0600, makedev(1, 1048575)) < 0)
        cr_skip("only root may make devices");
    tree_hard_link("r/c", "r/d");
    tree_text("r/z", "");
    archive();
    cr_assert(eq(str, (char *)listed(), "./\n./z\n"));
    expect_note(GBN_NOTE_SKIPPED, "c", "no tar header can express it");
    expect_note(GBN_NOTE_UNREADABLE, "d", "another name of this file could not be archived");
}

Test(archive, of_many_notes_the_first_thousand_are_kept_and_all_are_counted)
{
    const char **members = calloc(3000, sizeof members[0]);

    for (int i = 0; i < 3000; i++) {
        char name[16];

        snprintf(name, sizeof name, "gone%d", i);
        members[i] = strdup(name);
    }
    options.members = members;
    options.member_count = 3000;
    archive();
    cr_assert(
        all(eq(sz, result.note_count, 1000), eq(u64, result.note_counts[GBN_NOTE_VANISHED], 3000)));
    cr_assert(eq(str, result.notes[999].path, "gone999"));
    for (int i = 0; i < 3000; i++)
        free((char *)members[i]);
    free(members);
}

Test(archive, a_depth_of_a_thousand_and_long_paths_need_few_descriptors)
{
    struct stat before;
    char name[201];
    gbn_bytes list = GBN_BYTES_INIT;

    memset(name, 'n', 200);
    name[200] = '\0';
    tree_chain("r/t", name, 1000);
    stat("r", &before);
    process_leave_descriptors(128 - process_descriptors());
    archive();
    process_allow_descriptors();
    cr_assert(all(eq(u64, result.directories, 1002), eq(u64, result.files, 1)));
    cr_assert(eq(sz, result.note_count, 0));
    RUN(&list, "sh", "-c", "tar -tzf p | wc -l; tar -tzf p | tail -n 1 | wc -c");
    cr_assert(eq(str, (char *)list.data, "1003\n201006\n"));
    gbn_bytes_free(&list);
}

Test(archive, a_sparse_file_is_read_fast_and_comes_back)
{
    const off_t size = (off_t)1 << 28;
    int fd = open("r/sparse", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

    cr_assert(eq(int, ftruncate(fd, size), 0));
    cr_assert(eq(long, pwrite(fd, "middle", 6, size / 2), 6));
    cr_assert(eq(long, pwrite(fd, "end", 3, size - 3), 3));
    close(fd);
    options.product.codec = gbn_gzip_codec_at(0);
    archive();
    cr_assert(gt(u64, result.raw, (uint64_t)size));
    cr_assert(eq(int, RUN(NULL, "sh", "-c", "tar -xzOf p ./sparse | cmp - r/sparse"), 0));
}

/* One file changes all the time, others come and go: whatever is read, the archive is whole. */
static const char MUTATIONS[] =
    "for i in 1 2 3; do echo x >>r/grows$i; : >r/shrinks$i; "
    "head -c 3000000 /dev/zero >r/shrinks$i; rm -f r/comes$i; echo y >r/comes$i; "
    "rm -rf r/turns$i; mkdir r/turns$i; rmdir r/turns$i; ln -s x r/turns$i; "
    "rm -f r/turns$i; mkfifo r/turns$i; rm -f r/turns$i; echo z >r/turns$i; "
    "done 2>/dev/null";

Test(archive, whatever_others_do_meanwhile_the_archive_is_whole)
{
    pid_t pid;

    tree_forest("r/t", 20, 10);
    pid = scratch_repeat(MUTATIONS);
    for (int i = 0; i < 25; i++) {
        options.product.codec = gbn_gzip_codec_at(0);
        cr_assert(eq(int, run(), GBN_OK), "%s", err.message);
        cr_assert(eq(int, RUN(NULL, "sh", "-c", "tar -tzf p >list && gzip -t <p"), 0));
        cr_assert(eq(int, RUN(NULL, "sh", "-c", "test $(grep -c '^./t/' list) = 223"), 0));
        cr_assert(eq(u64, result.note_counts[GBN_NOTE_UNREADABLE], 0));
        output_remove(&result);
    }
    scratch_stop(pid);
}

Test(archive, finishing_it_at_any_moment_leaves_nothing)
{
    tree_forest("r/t", 30, 10);
    tree_file("r/a", 8 * 1024 * 1024);
    for (long i = 0; i < 60; i++) {
        gbn_job *job;
        gbn_status rc;

        options.product.workers = 1 + (unsigned)i % 8;
        cr_assert(eq(int, gbn_archive_start(&options, &result, &job, &err), GBN_OK));
        rc = output_break_off(job, i * 1000 * 1000, &err);
        cr_assert(eq(int, output_is_absent(), rc == GBN_ERR_CANCELLED));
        output_remove(&result);
    }
}

/* When all is published some reading threads may not have begun: their being called off is no failure. */
Test(archive, finishing_a_small_one_at_any_moment_leaves_nothing_or_all)
{
    tree_text("r/f", "");
    for (long i = 0; i < 600; i++) {
        gbn_job *job;
        gbn_status rc;

        cr_assert(eq(int, gbn_archive_start(&options, &result, &job, &err), GBN_OK));
        rc = output_break_off(job, i % 200 * 20 * 1000, &err);
        cr_assert(eq(int, output_is_absent(), rc == GBN_ERR_CANCELLED), "%ld", i);
        output_remove(&result);
    }
}

Test(archive, a_full_disk_at_any_write_leaves_nothing)
{
    tree_file("r/a", 5 * 1024 * 1024);
    output_expect_full_disk(run, 25, &err);
}

Test(archive, a_process_without_descriptors_leaves_nothing)
{
    process_skip_under_valgrind("a file is made before its descriptor is refused");
    tree_forest("r/t", 10, 3);
    for (size_t left = 0; left < 12; left++) {
        process_leave_descriptors(left);
        cr_assert(eq(int, run(), GBN_ERR_SYSTEM));
        cr_assert(eq(int, err.errnum, EMFILE));
        process_allow_descriptors();
        cr_assert(output_is_absent(), "%zu", left);
    }
}

Test(archive, progress_ends_with_all_there_was)
{
    gbn_progress progress = {0};
    gbn_job *job;

    tree_forest("r/t", 10, 10);
    cr_assert(eq(int, gbn_archive_start(&options, &result, &job, &err), GBN_OK));
    while (gbn_job_wait(job, 1) == GBN_AGAIN) {
        cr_assert(le(u64, progress.raw, gbn_job_progress(job).raw));
        progress = gbn_job_progress(job);
    }
    progress = gbn_job_progress(job);
    cr_assert(eq(int, gbn_job_finish(job, &err), GBN_OK));
    cr_assert(all(eq(u64, progress.raw, result.raw), eq(u64, progress.entries, result.entries)));
}
