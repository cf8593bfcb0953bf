#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gbn_index.h"
#include "gbn_scan.h"
#include "output.h"
#include "process.h"
#include "scratch.h"
#include "tree.h"
#include "unpacking.h"

static const gbn_scan_options options = {
    .source.path = "s.tar.gz", .manifest = "scanned", .backup_id = "1_2", .product = "p.tar.gz"};

TestSuite(scan, .init = unpacking_begin, .fini = unpacking_end, .timeout = 120);

static gbn_status
scan(void)
{
    gbn_job *job;

    unlink("scanned");
    cr_assert(eq(int, gbn_scan_start(&options, &job, &unpacking_err), GBN_OK));
    return output_finish(job, &unpacking_err);
}

static void
scan_well(void)
{
    cr_assert(eq(int, scan(), GBN_OK), "%s", unpacking_err.message);
}

static void
expect_same_string(const char *a, const char *b)
{
    cr_assert(eq(str, (char *)(a == NULL ? "(none)" : a), (char *)(b == NULL ? "(none)" : b)));
}

/* The next entry, or NULL behind the last; everything must be as gbn_index wants it. */
static const gbn_manifest_entry *
next_entry(gbn_index *index)
{
    const gbn_manifest_record *record;
    gbn_status rc;

    while ((rc = gbn_index_next(index, &record, &unpacking_err)) == GBN_OK) {
        if (record->kind == GBN_RECORD_ENTRY)
            return &record->entry;
    }
    cr_assert(eq(int, rc, GBN_END), "%s", unpacking_err.message);
    return NULL;
}

/* Is what was scanned what our own archive's manifest says? Without one's nanoseconds. */
static void
compare_manifests(void)
{
    const gbn_manifest_entry *ours, *scanned;
    gbn_index *index, *other;
    size_t count = 0;

    cr_assert(eq(int, gbn_index_open("m", &index, &unpacking_err), GBN_OK));
    cr_assert(eq(int, gbn_index_open("scanned", &other, &unpacking_err), GBN_OK));
    while ((scanned = next_entry(other)) != NULL) {
        ours = next_entry(index);
        cr_assert_not_null(ours);
        count++;
        expect_same_string(scanned->path, ours->path);
        expect_same_string(scanned->link, ours->link);
        expect_same_string(scanned->owner, ours->owner);
        expect_same_string(scanned->group, ours->group);
        cr_assert(all(eq(u64, scanned->size, ours->size), eq(u64, scanned->uid, ours->uid),
                      eq(u32, scanned->mode & 07777, ours->mode & 07777),
                      eq(int, scanned->has_sha256, ours->has_sha256),
                      eq(int, scanned->hardlink, ours->hardlink)),
                  "%s", ours->path);
        cr_assert(eq(int, memcmp(scanned->sha256, ours->sha256, GBN_SHA256_SIZE), 0), "%s",
                  ours->path);
        cr_assert(lt(i64, ours->mtime_ns - scanned->mtime_ns, 1000000000), "%s", ours->path);
    }
    cr_assert_null(next_entry(index));
    cr_assert(gt(sz, count, 100));
    gbn_index_close(index);
    gbn_index_close(other);
}

Test(scan, it_finds_what_our_own_manifest_says)
{
    unpacking_odd_tree();
    unpacking_archive("zlib");
    RUN(NULL, "mv", "p.tar.gz", "s.tar.gz");
    scan_well();
    compare_manifests();
}

Test(scan, a_sparse_file_has_the_hash_of_its_holes_as_well)
{
    static const char line[] = "tar -czf s.tar.gz --format=gnu --sparse --sort=name -C r .";

    tree_forest("r/f", 20, 5);
    tree_text("r/ends", "begin");
    cr_assert(eq(int, truncate("r/ends", 3000000), 0));
    tree_text("r/only", "");
    cr_assert(eq(int, truncate("r/only", 100000), 0));
    RUN(NULL, "sh", "-c", "cp r/ends r/begins; echo end >>r/begins; chmod 644 r/*s");
    unpacking_archive("zlib");
    cr_assert(eq(int, RUN(NULL, "sh", "-c", line), 0));
    scan_well();
    compare_manifests();
}

Test(scan, an_archive_of_nothing_has_a_manifest_without_entries)
{
    gbn_index *index;

    cr_assert(eq(int, RUN(NULL, "tar", "-czf", "s.tar.gz", "-T", "/dev/null"), 0));
    scan_well();
    cr_assert(eq(int, gbn_index_open("scanned", &index, &unpacking_err), GBN_OK));
    cr_assert_null(next_entry(index));
    gbn_index_close(index);
}

Test(scan, a_damaged_archive_leaves_no_manifest)
{
    uint64_t size;

    tree_file("r/f", 2000000);
    cr_assert(eq(int, RUN(NULL, "tar", "-czf", "s.tar.gz", "-C", "r", "."), 0));
    size = scratch_size("s.tar.gz");
    for (uint64_t i = 19; i > 0; i--) {
        cr_assert(eq(int, truncate("s.tar.gz", (off_t)(size * i / 20)), 0));
        cr_assert(eq(int, scan(), GBN_ERR_FORMAT));
        cr_assert_neq(access("scanned", F_OK), 0);
    }
    unlink("s.tar.gz");
    cr_assert(eq(int, scan(), GBN_ERR_SYSTEM));
    cr_assert(all(eq(int, unpacking_err.errnum, ENOENT),
                  eq(str, unpacking_err.message, "open s.tar.gz")));
    unpacking_expect("ls -A", "r\nx\n");
}

Test(scan, damage_behind_the_last_member_is_found)
{
    tree_text("r/f", "");
    cr_assert(eq(int, RUN(NULL, "tar", "-czf", "s.tar.gz", "-C", "r", "."), 0));
    scratch_flip("s.tar.gz", scratch_size("s.tar.gz") - 6, 0);
    cr_assert(eq(int, scan(), GBN_ERR_FORMAT));
    cr_assert_not_null(strstr(unpacking_err.message, "checksum differs"));
}

Test(scan, a_hole_nobody_can_hash_is_refused)
{
    cr_assert(eq(
        int, RUN(NULL, "sh", "-c", "truncate -s 8T r/f && tar -czf s.tar.gz --sparse -C r ."), 0));
    cr_assert(eq(int, scan(), GBN_ERR_LIMIT));
    cr_assert(
        eq(str, unpacking_err.message, "hash f from s.tar.gz: a hole of 8796093022208 bytes"));
}

Test(scan, it_can_be_called_off_at_any_moment_even_amid_a_hole)
{
    gbn_job *job;

    cr_assert(eq(int,
                 RUN(NULL, "sh", "-c", "truncate -s 500G r/f && tar -czf s.tar.gz --sparse -C r ."),
                 0));
    for (int i = 0; i < 20; i++) {
        cr_assert(eq(int, gbn_scan_start(&options, &job, &unpacking_err), GBN_OK));
        cr_assert(
            eq(int, output_break_off(job, i * 1000 * 1000, &unpacking_err), GBN_ERR_CANCELLED));
        process_expect_same();
        unpacking_expect("ls -A", "r\ns.tar.gz\nx\n");
    }
}

Test(scan, a_manifest_that_is_there_is_not_replaced)
{
    gbn_job *job;

    tree_text("scanned", "mine");
    cr_assert(eq(int, RUN(NULL, "tar", "-czf", "s.tar.gz", "-C", "r", "."), 0));
    cr_assert(eq(int, gbn_scan_start(&options, &job, &unpacking_err), GBN_ERR_SYSTEM));
    cr_assert(eq(int, unpacking_err.errnum, EEXIST));
    unpacking_expect("cat scanned", "mine");
}
