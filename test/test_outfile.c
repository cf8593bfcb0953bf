#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cached.h"
#include "faults.h"
#include "gbn_bytes.h"
#include "gbn_outfile.h"
#include "process.h"
#include "samples.h"
#include "scratch.h"

static gbn_error err;

TestSuite(outfile, .init = scratch_enter, .fini = scratch_leave);

static gbn_outfile *
open_outfile(const char *path)
{
    gbn_outfile *file;

    cr_assert(eq(int, gbn_outfile_open(path, &file, &err), GBN_OK), "%s", err.message);
    return file;
}

static void
expect_refused(const char *path, int errnum)
{
    const size_t before = scratch_count();
    gbn_outfile *file;

    cr_assert(eq(int, gbn_outfile_open(path, &file, &err), GBN_ERR_SYSTEM));
    cr_assert(eq(int, err.errnum, errnum));
    cr_assert(eq(ptr, file, NULL));
    cr_assert(eq(sz, scratch_count(), before));
}

static void
expect_content(const char *name, const void *data, size_t length)
{
    gbn_bytes content = GBN_BYTES_INIT;

    scratch_read(name, &content);
    cr_assert(eq(sz, content.length, length));
    cr_assert(eq(int, memcmp(content.data, data, length), 0));
    gbn_bytes_free(&content);
}

/* The one temporary file here. */
static void
find_temporary(char name[256])
{
    DIR *dir = opendir(".");
    struct dirent *entry;

    *name = '\0';
    while ((entry = readdir(dir)) != NULL)
        if (strncmp(entry->d_name, ".gbn-tmp-", 9) == 0)
            strcpy(name, entry->d_name);
    closedir(dir);
    cr_assert(ne(str, name, ""));
}

Test(outfile, nothing_has_the_name_before_it_is_published)
{
    gbn_outfile *file = open_outfile("x");

    cr_assert(eq(int, gbn_outfile_write(file, "abc", 3, &err), GBN_OK));
    cr_assert(eq(int, access("x", F_OK), -1));
    cr_assert(eq(int, gbn_outfile_publish(file, &err), GBN_OK));
    expect_content("x", "abc", 3);
}

Test(outfile, what_is_appended_to_a_pipe_is_its_readers_also_when_given_up)
{
    gbn_outfile *file;
    char data[8];
    int ends[2];

    cr_assert(eq(int, pipe2(ends, O_CLOEXEC), 0));
    cr_assert(eq(int, gbn_outfile_append(ends[1], "x", &file, &err), GBN_OK));
    close(ends[1]);
    cr_assert(eq(int, gbn_outfile_write(file, "abc", 3, &err), GBN_OK));
    cr_assert(eq(u64, gbn_outfile_size(file), 3));
    gbn_outfile_discard(file);
    cr_assert(eq(long, read(ends[0], data, sizeof data), 3));
    cr_assert(eq(long, read(ends[0], data, sizeof data), 0));
    cr_assert(eq(sz, scratch_count(), 0));
}

Test(outfile, the_waiting_for_a_pipes_reader_can_be_called_off)
{
    static char data[1 << 21]; /* more than a pipe holds */
    gbn_cancel cancel;
    gbn_outfile *file;
    int ends[2];

    gbn_cancel_init(&cancel);
    cr_assert(eq(int, pipe2(ends, O_CLOEXEC), 0));
    cr_assert(eq(int, gbn_outfile_append(ends[1], "x", &file, &err), GBN_OK));
    gbn_outfile_heed(file, &cancel);
    gbn_cancel_raise(&cancel);
    cr_assert(eq(int, gbn_outfile_write(file, data, sizeof data, &err), GBN_ERR_CANCELLED));
    cr_assert(eq(int, gbn_outfile_publish(file, &err), GBN_OK));
}

Test(outfile, a_published_file_is_private_and_alone)
{
    gbn_outfile *file;
    struct stat info;

    umask(0);
    file = open_outfile("x");
    cr_assert(eq(int, gbn_outfile_publish(file, &err), GBN_OK));
    cr_assert(eq(int, stat("x", &info), 0));
    cr_assert(eq(u32, info.st_mode, S_IFREG | 0600));
    cr_assert(eq(u64, info.st_nlink, 1));
    cr_assert(eq(sz, scratch_count(), 1));
}

Test(outfile, the_temporary_file_lies_beside_it_and_is_locked_as_long_as_it_lives)
{
    gbn_outfile *file = open_outfile("x");
    char name[256];
    int fd;

    find_temporary(name);
    fd = open(name, O_RDONLY | O_CLOEXEC);
    cr_assert(eq(int, flock(fd, LOCK_EX | LOCK_NB), -1));
    cr_assert(eq(int, errno, EWOULDBLOCK));
    gbn_outfile_discard(file);
    cr_assert(eq(int, flock(fd, LOCK_EX | LOCK_NB), 0));
    close(fd);
}

Test(outfile, a_discarded_file_leaves_nothing)
{
    const size_t before = process_descriptors();
    gbn_outfile *file = open_outfile("x");

    gbn_outfile_write(file, "abc", 3, &err);
    gbn_outfile_discard(file);
    gbn_outfile_discard(NULL);
    cr_assert(eq(sz, scratch_count(), 0));
    cr_assert(eq(sz, process_descriptors(), before));
}

Test(outfile, publishing_leaves_no_descriptor_open)
{
    const size_t before = process_descriptors();

    cr_assert(eq(int, gbn_outfile_publish(open_outfile("x"), &err), GBN_OK));
    cr_assert(eq(sz, process_descriptors(), before));
}

Test(outfile, descriptors_are_closed_on_exec)
{
    gbn_outfile *file = open_outfile("x");
    const size_t opened = process_descriptors();
    size_t fd, flagged = 0;

    for (fd = 0; fd < opened + 16; fd++)
        flagged += (fcntl((int)fd, F_GETFD) & ~FD_CLOEXEC) == 0 &&
                   (fcntl((int)fd, F_GETFD) & FD_CLOEXEC) != 0;
    cr_assert(ge(sz, flagged, 2));
    gbn_outfile_discard(file);
}

Test(outfile, whatever_has_the_name_already_is_refused)
{
    scratch_write("file", "old", 3);
    cr_assert(eq(int, mkdir("directory", 0700), 0));
    cr_assert(eq(int, symlink("nowhere", "dangling"), 0));
    expect_refused("file", EEXIST);
    expect_refused("directory", EEXIST);
    expect_refused("dangling", EEXIST);
    expect_refused("..", EEXIST);
    expect_content("file", "old", 3);
}

Test(outfile, a_name_taken_meanwhile_is_refused_and_left_alone)
{
    gbn_outfile *file = open_outfile("x");

    scratch_write("x", "other", 5);
    cr_assert(eq(int, gbn_outfile_publish(file, &err), GBN_ERR_SYSTEM));
    cr_assert(eq(int, err.errnum, EEXIST));
    expect_content("x", "other", 5);
    cr_assert(eq(sz, scratch_count(), 1));
}

Test(outfile, a_directory_that_is_none_is_named)
{
    scratch_write("file", "", 0);
    expect_refused("missing/x", ENOENT);
    cr_assert(eq(str, err.message, "open directory missing"));
    expect_refused("file/x", ENOTDIR);
}

Test(outfile, a_file_needs_a_name)
{
    gbn_outfile *file;

    cr_assert(eq(int, gbn_outfile_open("", &file, &err), GBN_ERR_INVALID));
    cr_assert(eq(int, mkdir("d", 0700), 0));
    cr_assert(eq(int, gbn_outfile_open("d/", &file, &err), GBN_ERR_INVALID));
}

Test(outfile, names_may_have_255_bytes_and_be_no_text)
{
    char name[257];

    memset(name, 0xff, sizeof name);
    name[255] = '\0';
    cr_assert(eq(int, gbn_outfile_publish(open_outfile(name), &err), GBN_OK));
    expect_content(name, "", 0);
    name[255] = 'x';
    name[256] = '\0';
    expect_refused(name, ENAMETOOLONG);
}

Test(outfile, paths_may_be_absolute_or_relative)
{
    char path[512];

    cr_assert(eq(int, mkdir("d", 0700), 0));
    cr_assert(eq(int, gbn_outfile_publish(open_outfile("d/x"), &err), GBN_OK));
    cr_assert_not_null(getcwd(path, 256));
    strcat(path, "//d/y");
    cr_assert(eq(int, gbn_outfile_publish(open_outfile(path), &err), GBN_OK));
    cr_assert(eq(int, access("d/x", F_OK) | access("d/y", F_OK), 0));
}

Test(outfile, a_directory_may_be_renamed_meanwhile)
{
    gbn_outfile *file;

    cr_assert(eq(int, mkdir("before", 0700), 0));
    file = open_outfile("before/x");
    cr_assert(eq(int, rename("before", "after"), 0));
    cr_assert(eq(int, gbn_outfile_publish(file, &err), GBN_OK));
    cr_assert(eq(int, access("after/x", F_OK), 0));
}

Test(outfile, all_bytes_arrive_and_are_counted)
{
    enum { LENGTH = 20 * 1024 * 1024 + 1, PIECE = 300007 };
    uint8_t *data = malloc(LENGTH);
    gbn_outfile *file = open_outfile("x");
    size_t offset, piece;

    sample_fill(SAMPLE_TEXT, data, LENGTH, 1);
    for (offset = 0; offset < LENGTH; offset += piece) {
        piece = LENGTH - offset < PIECE ? LENGTH - offset : PIECE;
        cr_assert(eq(int, gbn_outfile_write(file, data + offset, piece, &err), GBN_OK));
        cr_assert(eq(u64, gbn_outfile_size(file), offset + piece));
    }
    cr_assert(eq(int, gbn_outfile_publish(file, &err), GBN_OK));
    expect_content("x", data, LENGTH);
    free(data);
}

/* Of these the first 8 MiB are written as usual, 12 are not where the disk allows that, and the rest is again. */
enum { LARGE = 20 * 1024 * 1024 + 4321 };

static void
expect_large(void (*prepare)(void))
{
    uint8_t *data = malloc(LARGE);
    gbn_outfile *file = open_outfile("x");

    sample_fill(SAMPLE_TEXT, data, LARGE, 2);
    cr_assert(eq(int, gbn_outfile_write(file, data, 9 * 1024 * 1024, &err), GBN_OK));
    prepare();
    cr_assert(eq(int,
                 gbn_outfile_write(file, data + 9 * 1024 * 1024, LARGE - 9 * 1024 * 1024, &err),
                 GBN_OK));
    cr_assert(eq(int, gbn_outfile_publish(file, &err), GBN_OK));
    faults = (struct faults){0};
    expect_content("x", data, LARGE);
    free(data);
}

static void
refuse_direct_writes(void)
{
    faults.write_errno = EINVAL;
}

static void
shorten_writes(void)
{
    faults.write_limit = 500000;
}

Test(outfile, a_disk_may_refuse_or_shorten_direct_writes)
{
    expect_large(refuse_direct_writes);
    unlink("x");
    expect_large(shorten_writes);
}

Test(outfile, a_large_file_may_follow_what_is_there)
{
    uint8_t *data = malloc(LARGE);
    gbn_outfile *file;
    int fd;

    sample_fill(SAMPLE_TEXT, data, LARGE, 3);
    scratch_write("x", data, 1537);
    fd = open("x", O_RDWR | O_CLOEXEC);
    cr_assert(eq(int, gbn_outfile_append(fd, "x", &file, &err), GBN_OK));
    cr_assert(eq(int, gbn_outfile_write(file, data + 1537, LARGE - 1537, &err), GBN_OK));
    cr_assert(eq(int, gbn_outfile_publish(file, &err), GBN_OK));
    expect_content("x", data, LARGE);
    cr_assert(eq(int, gbn_outfile_append(fd, "x", &file, &err), GBN_OK));
    cr_assert(eq(int, gbn_outfile_write(file, data, LARGE, &err), GBN_OK));
    gbn_outfile_discard(file);
    expect_content("x", data, LARGE);
    close(fd);
    free(data);
}

Test(outfile, short_and_interrupted_writes_go_on)
{
    gbn_outfile *file = open_outfile("x");

    faults.write_limit = 1;
    faults.write_errno = EINTR;
    faults.write_after = 3;
    cr_assert(eq(int, gbn_outfile_write(file, "abcdefgh", 8, &err), GBN_OK));
    faults.write_limit = 0;
    cr_assert(eq(int, gbn_outfile_publish(file, &err), GBN_OK));
    expect_content("x", "abcdefgh", 8);
}

Test(outfile, a_failing_write_names_the_file_once)
{
    gbn_outfile *file = open_outfile("x");

    faults.write_errno = EIO;
    cr_assert(eq(int, gbn_outfile_write(file, "abc", 3, &err), GBN_ERR_SYSTEM));
    cr_assert(eq(int, err.errnum, EIO));
    cr_assert(eq(str, err.message, "write x"));
    gbn_outfile_discard(file);
    cr_assert(eq(sz, scratch_count(), 0));
}

Test(outfile, a_file_larger_than_allowed_is_a_failed_write)
{
    static const uint8_t data[5000];
    struct rlimit limit, before;
    gbn_outfile *file = open_outfile("x");
    gbn_status rc;

    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    limit = before;
    limit.rlim_cur = 4096;
    setrlimit(RLIMIT_FSIZE, &limit);
    rc = gbn_outfile_write(file, data, sizeof data, &err);
    setrlimit(RLIMIT_FSIZE, &before); /* it would hit the test framework's files as well */
    cr_assert(eq(int, rc, GBN_ERR_SYSTEM));
    cr_assert(eq(int, err.errnum, EFBIG));
    gbn_outfile_discard(file);
    cr_assert(eq(sz, scratch_count(), 0));
}

Test(outfile, a_full_disk_is_a_failed_write)
{
    static const uint8_t data[1 << 20];
    gbn_outfile *file;

    cr_assert(eq(int, mkdir("small", 0700), 0));
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("none", "small", "tmpfs", 0, "size=64k") != 0)
        cr_skip("a small file system needs the right to mount");
    file = open_outfile("small/x");
    cr_expect(eq(int, gbn_outfile_write(file, data, sizeof data, &err), GBN_ERR_SYSTEM));
    cr_expect(eq(int, err.errnum, ENOSPC));
    cr_expect(eq(str, err.message, "write small/x"));
    gbn_outfile_discard(file);
    file = open_outfile("small/y");
    cr_expect(eq(int, gbn_outfile_write(file, data, 65536, &err), GBN_OK));
    gbn_outfile_discard(file);
    umount("small");
}

static void
expect_publishing_fails(int errnum, const char *message)
{
    const size_t before = process_descriptors();
    gbn_outfile *file = open_outfile("x");

    gbn_outfile_write(file, "abc", 3, &err);
    cr_assert(eq(int, gbn_outfile_publish(file, &err), GBN_ERR_SYSTEM));
    cr_assert(eq(int, err.errnum, errnum));
    cr_assert(eq(str, err.message, (char *)message));
    cr_assert(eq(sz, scratch_count(), 0));
    cr_assert(eq(sz, process_descriptors(), before));
}

Test(outfile, a_failing_sync_leaves_nothing)
{
    faults.fsync_errno = EIO;
    expect_publishing_fails(EIO, "sync x");
}

Test(outfile, a_failing_sync_of_the_directory_leaves_nothing)
{
    faults.fsync_errno = EIO;
    faults.fsync_after = 1;
    expect_publishing_fails(EIO, "sync x");
}

Test(outfile, a_directory_that_cannot_be_synced_at_all_is_accepted)
{
    faults.fsync_errno = EINVAL;
    faults.fsync_after = 1;
    cr_assert(eq(int, gbn_outfile_publish(open_outfile("x"), &err), GBN_OK));
}

Test(outfile, a_failing_close_leaves_nothing)
{
    gbn_outfile *file = open_outfile("x");

    faults.close_errno = EDQUOT;
    cr_assert(eq(int, gbn_outfile_publish(file, &err), GBN_ERR_SYSTEM));
    cr_assert(eq(int, err.errnum, EDQUOT));
    cr_assert(eq(sz, scratch_count(), 0));
}

Test(outfile, a_failing_rename_leaves_nothing)
{
    faults.rename_errno = EACCES;
    expect_publishing_fails(EACCES, "create x");
}

Test(outfile, a_file_system_without_careful_renames_gets_a_link)
{
    gbn_outfile *file = open_outfile("x");
    struct stat info;

    faults.rename_errno = EINVAL;
    gbn_outfile_write(file, "abc", 3, &err);
    cr_assert(eq(int, gbn_outfile_publish(file, &err), GBN_OK));
    expect_content("x", "abc", 3);
    cr_assert(eq(int, stat("x", &info), 0));
    cr_assert(eq(u64, info.st_nlink, 1));
    cr_assert(eq(sz, scratch_count(), 1));
}

Test(outfile, a_link_replaces_nothing_either)
{
    gbn_outfile *file = open_outfile("x");

    faults.rename_errno = EINVAL;
    scratch_write("x", "other", 5);
    cr_assert(eq(int, gbn_outfile_publish(file, &err), GBN_ERR_SYSTEM));
    cr_assert(eq(int, err.errnum, EEXIST));
    expect_content("x", "other", 5);
    cr_assert(eq(sz, scratch_count(), 1));
}

Test(outfile, another_name_is_tried_when_the_lock_comes_too_late)
{
    gbn_outfile *file;

    faults.flock_errno = EWOULDBLOCK;
    file = open_outfile("x");
    cr_assert(eq(sz, scratch_count(), 1));
    cr_assert(eq(int, gbn_outfile_publish(file, &err), GBN_OK));
    cr_assert(eq(sz, scratch_count(), 1));
}

Test(outfile, a_file_system_without_locks_is_refused)
{
    gbn_outfile *file;

    faults.flock_errno = ENOLCK;
    cr_assert(eq(int, gbn_outfile_open("x", &file, &err), GBN_ERR_SYSTEM));
    cr_assert(eq(int, err.errnum, ENOLCK));
    cr_assert(eq(str, err.message, "lock x"));
    cr_assert(eq(sz, scratch_count(), 0));
}

/* ---- the end of another file ---- */

static int
open_other(void)
{
    int fd;

    scratch_write("other", "before", 6);
    fd = open("other", O_RDWR | O_CLOEXEC);
    cr_assert(ge(int, fd, 0));
    return fd;
}

Test(outfile, is_appended_to_a_file_of_others)
{
    int fd = open_other();
    gbn_outfile *file;

    cr_assert(eq(int, gbn_outfile_append(fd, "name", &file, &err), GBN_OK));
    cr_assert(eq(int, gbn_outfile_write(file, "one", 3, &err), GBN_OK));
    cr_assert(eq(int, gbn_outfile_write(file, "two", 3, &err), GBN_OK));
    cr_assert(eq(u64, gbn_outfile_size(file), 6));
    cr_assert(eq(int, gbn_outfile_publish(file, &err), GBN_OK));
    expect_content("other", "beforeonetwo", 12);
    cr_assert(eq(int, (int)lseek(fd, 0, SEEK_CUR), 0));
    cr_assert(eq(sz, scratch_count(), 1));
    close(fd);
}

Test(outfile, is_cut_off_again_when_given_up)
{
    int fd = open_other();
    gbn_outfile *file;

    cr_assert(eq(int, gbn_outfile_append(fd, "name", &file, &err), GBN_OK));
    cr_assert(eq(int, gbn_outfile_write(file, "one", 3, &err), GBN_OK));
    gbn_outfile_discard(file);
    expect_content("other", "before", 6);
    close(fd);
}

Test(outfile, says_what_it_cannot_append_to)
{
    gbn_outfile *file;

    cr_assert(eq(int, gbn_outfile_append(-1, "name", &file, &err), GBN_ERR_SYSTEM));
    cr_assert(eq(int, err.errnum, EBADF));
    cr_assert(eq(ptr, file, NULL));
}

Test(outfile, does_not_stay_cached_once_it_is_published)
{
    gbn_outfile *file;
    static char data[1000000];

    scratch_write("probe", data, sizeof data);
    cached_forget("probe");
    cr_assert(eq(int, gbn_outfile_open("f", &file, &err), GBN_OK));
    cr_assert(eq(int, gbn_outfile_write(file, data, sizeof data, &err), GBN_OK));
    cr_assert(eq(int, gbn_outfile_publish(file, &err), GBN_OK));
    cr_assert(eq(sz, cached_pages("f"), 0));
}
