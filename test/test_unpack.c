#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gbn_gzip.h"
#include "output.h"
#include "process.h"
#include "scratch.h"
#include "tree.h"
#include "unpacking.h"

TestSuite(unpack, .init = unpacking_begin, .fini = unpacking_end, .timeout = 120);

/* Extract with one worker and with eight, and compare with "r". */
static void
expect_tree(bool exact)
{
    static const unsigned workers[] = {1, 8};

    for (size_t i = 0; i < 2; i++) {
        unpacking_clear();
        unpacking.workers = workers[i];
        unpacking_succeed();
        unpacking_compare("r", "x", exact);
    }
}

/* ---- whole archives ---- */

Test(unpack, our_archives_give_the_very_tree_with_their_manifest)
{
    unpacking_odd_tree();
    RUN(NULL, "sh", "-c", "chmod 755 r/of-513; chmod 750 r/of-512"); /* set-id bits: see below */
    for (size_t i = 0; gbn_gzip_codec_at(i) != NULL; i++) {
        unpacking_archive(gbn_gzip_codec_name(gbn_gzip_codec_at(i)));
        expect_tree(true);
    }
    unpacking_archive("none");
    expect_tree(true);
    cr_assert(all(eq(u64, unpacking_result.raw, scratch_size("p.tar")),
                  eq(u64, unpacking_result.stored, scratch_size("p.tar"))));
}

Test(unpack, our_archives_give_the_tree_in_whole_seconds_without_it)
{
    unpacking_odd_tree();
    RUN(NULL, "sh", "-c", "chmod 755 r/of-513; chmod 750 r/of-512");
    unpacking_archive("zlib");
    unpacking.manifest = NULL;
    expect_tree(false);
    unpacking_archive("none");
    unpacking.manifest = NULL;
    expect_tree(false);
}

Test(unpack, archives_of_other_programs_give_the_tree)
{
    static const char *const lines[] = {
        "tar -czf $P -C r .",
        "tar -czf $P -C r --format=gnu --sparse .",
        "tar -cf - -C r . | gzip -1 >$P",
        "touch -d 1970-01-02 r/of-512; bsdtar -czf $P -C r --format=gnutar .",
    };

    unpacking_odd_tree();
    RUN(NULL, "sh", "-c", "chmod 755 r/of-513; chmod 750 r/of-512");
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        unpacking_foreign("foreign.tar.gz", lines[i]);
        expect_tree(false);
    }
    unpacking_foreign("foreign.tar", "tar -cf $P -C r .");
    expect_tree(false);
}

Test(unpack, pax_headers_know_nanoseconds_without_a_manifest)
{
    unpacking_odd_tree();
    RUN(NULL, "sh", "-c", "chmod 755 r/of-513; chmod 750 r/of-512; touch -d 1960-01-01 r/of-512");
    unpacking_foreign("foreign.tar.gz", "tar -czf $P -C r --format=posix --sparse .");
    expect_tree(true);
    unpacking_foreign("foreign.tar.gz", "tar -czf $P -C r --format=posix .");
    expect_tree(true);
}

Test(unpack, paths_beyond_path_max_come_back)
{
    static const char same[] =
        "for t in r x; do (cd $t; find . -printf '%P %y %m %Ts\\n' | sort | sha256sum; find . -type"
        " f -execdir sha256sum {} +); done | sort | uniq -c | sed 's/ *\\([0-9]*\\).*/\\1/'";
    char name[201] = "";

    memset(name, 'd', 200);
    tree_chain("r/deep", name, 30);
    unpacking_archive("zlib");
    unpacking_succeed();
    unpacking_expect(same, "2\n2\n");
    unpacking_clear();
    unpacking.manifest = NULL;
    unpacking_succeed();
    unpacking_expect(same, "2\n2\n");
}

Test(unpack, holes_stay_holes)
{
    tree_text("r/hole", "begin");
    cr_assert(eq(int, truncate("r/hole", 64 * 1048576), 0));
    unpacking_archive("zlib");
    unpacking_succeed();
    unpacking_expect("test $(stat -c %b x/hole) -lt 100 && stat -c %s x/hole", "67108864\n");
    unpacking_clear();
    unpacking_foreign("foreign.tar.gz", "tar -czf $P -C r --sparse .");
    unpacking_succeed();
    unpacking_expect("test $(stat -c %b x/hole) -lt 100 && cmp r/hole x/hole && echo same",
                     "same\n");
}

Test(unpack, figures_are_those_of_the_archive)
{
    unpacking_odd_tree();
    unpacking_archive("zlib");
    unpacking_succeed();
    cr_assert(all(eq(u64, unpacking_result.stored, scratch_size("p.tar.gz")),
                  eq(u64, unpacking_result.directories, 27), eq(u64, unpacking_result.files, 146)));
    cr_assert_not(unpacking_result.hashed);
    unpacking_clear();
    unpacking.manifest = NULL;
    unpacking_succeed();
    cr_assert(all(eq(u64, unpacking_result.stored, scratch_size("p.tar.gz")),
                  eq(u64, unpacking_result.directories, 27), eq(u64, unpacking_result.files, 146)));
}

Test(unpack, empty_trees_and_archives_without_members_leave_nothing_behind)
{
    unpacking_archive("zlib");
    expect_tree(true);
    unpacking_foreign("foreign.tar.gz", "tar -czf $P -T /dev/null");
    unpacking_clear();
    unpacking_succeed();
    cr_assert(all(eq(u64, unpacking_result.entries, 0), eq(u64, unpacking_result.raw, 10240)));
    unpacking_expect("find x -mindepth 1", "");
}

Test(unpack, set_id_bits_are_dropped_and_devices_left_out)
{
    tree_text("r/f", "");
    cr_assert(eq(int, chmod("r/f", 06755), 0));
    unpacking_archive("zlib");
    unpacking_succeed();
    unpacking_expect("stat -c %a x/f", "755\n");
    unpacking_foreign("foreign.tar", "tar -cf $P -C /dev null");
    cr_assert(eq(int, unpacking_run(), GBN_OK));
    cr_assert_not_null(unpacking_found(GBN_FINDING_SKIPPED, "null"));
    cr_assert(eq(u64, unpacking_damages(), 0));
    unpacking_expect("ls x", "f\n");
}

Test(unpack, times_no_manifest_has_words_for_are_the_nearest_it_has)
{
    tree_text("r/late", "");
    tree_file("r/late-and-large", 2000000);
    RUN(NULL, "sh", "-c", "touch -d 2300-01-01 r/late*");
    unpacking_archive("zlib");
    unpacking_succeed();
    unpacking_expect("stat -c %y x/late* | cut -c -4", "2262\n2262\n");
}

/* ---- members of one name ---- */

Test(unpack, the_last_member_of_a_name_counts)
{
    for (int i = 0; i < 3; i++) {
        tree_text("r/a", i == 0 ? "first" : i == 1 ? "second" : "third, and longer");
        tree_file("r/b", i == 1 ? 3000000 : 10 + (size_t)i);
        tree_file("r/c", i == 1 ? 10 : 2000000 + (size_t)i);
        unpacking_foreign("foreign.tar", i == 0 ? "tar -cf $P -C r ." : "tar -rf $P -C r a b c");
    }
    expect_tree(false);
}

/* Names come again in every block, so that workers meet at them. */
Test(unpack, many_members_of_one_name_in_many_blocks_race_without_loss)
{
    char line[256];

    unpacking_foreign("foreign.tar", "mkdir d; for i in $(seq 40); do mkdir d/$i; "
                                     "echo $i >d/$i/same; echo $i >d/$i/also; "
                                     "head -c 500000 /dev/zero | tr '\\0' x >d/$i/fill$i; "
                                     "echo $i >d/$i/last$i; done");
    snprintf(line, sizeof line,
             "for i in $(seq 40); do tar -cf t -C d/$i same fill$i also last$i && tar -Af $P t || "
             "cp t $P; done");
    unpacking_foreign("foreign.tar", line);
    unpacking.workers = 8;
    for (int i = 0; i < 25; i++) {
        unpacking_clear();
        unpacking_succeed();
        unpacking_expect("cat x/same x/also; ls x | wc -l; cat x/fill* | wc -c; seq 40 >all; "
                         "cat x/last* | sort -n | cmp - all",
                         "40\n40\n82\n20000000\n");
    }
}

Test(unpack, a_change_of_type_is_refused)
{
    static const struct {
        const char *line, *message;
    } changes[] = {
        {"ln -s /etc/passwd a; tar -cf $P a; rm a; echo >a; tar -rf $P a",
         "make symlink a (something of another type is there)"},
        {"echo >a; tar -cf $P a; rm a; ln -s b a; tar -rf $P a",
         "make symlink a (something of another type is there)"},
        {"mkdir a; tar -cf $P a; rmdir a; echo >a; tar -rf $P a",
         "create a (something of another type is there)"},
        {"echo >a; tar -cf $P a; rm a; mkdir a; tar -rf $P a",
         "make directory a (something of another type is there)"},
        {"mkfifo a; tar -cf $P a; rm a; echo >a; tar -rf $P a",
         "make fifo a (something of another type is there)"},
        {"mkdir a; tar -cf $P a; rmdir a; ln -s x a; tar -rf $P a",
         "make symlink a (something of another type is there)"},
        {"ln -s / a; tar -cf $P a; rm a; mkdir a; echo >a/b; tar -rf $P a/b",
         "make symlink a (something of another type is there)"},
        {"echo >a; ln a b; tar -cf $P a b; rm b; mkdir b; tar -rf $P b",
         "make hard link b (something of another type is there)"},
    };

    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        unpacking_clear();
        RUN(NULL, "rm", "-rf", "a", "b");
        unpacking_foreign("foreign.tar", changes[i].line);
        unpacking.workers = 1;
        unpacking_fail(GBN_ERR_FORMAT, changes[i].message);
    }
}

/* ---- some of an archive ---- */

static void
select_paths(const char *const *paths, size_t count)
{
    unpacking.paths = paths;
    unpacking.path_count = count;
    unpacking_clear();
    unpacking_succeed();
}

static void
make_ten_files_of_a_mib(void)
{
    char path[32];

    tree_directory("r/d");
    for (int i = 0; i < 10; i++) {
        snprintf(path, sizeof path, "r/d/%d", i);
        tree_file(path, 1000000);
    }
    tree_file("r/e", 5000000);
    tree_text("r/small", "small");
    tree_directory("r/s");
    tree_text("r/s/f", "f");
    tree_text("r/s-", "-");
}

Test(unpack, only_the_paths_asked_for_are_read_and_written)
{
    static const char *const one[] = {"d/3"}, *const folder[] = {"s"}, *const large[] = {"e"};
    static const char *const several[] = {"small", "d/9", "nowhere", "e"}, *const all[] = {""};

    make_ten_files_of_a_mib();
    unpacking_archive("zlib");
    select_paths(one, 1);
    unpacking_expect("cd x; find . -type f; cmp d/3 ../r/d/3", "./d/3\n");
    cr_assert(all(le(u64, unpacking_result.raw, 1048576), eq(u64, unpacking_result.entries, 1)));
    select_paths(folder, 1);
    unpacking_expect("cd x; find . -mindepth 1 | sort", "./s\n./s/f\n");
    cr_assert(le(u64, unpacking_result.raw, 1048576));
    select_paths(large, 1);
    unpacking_expect("cd x; find . -type f; cmp e ../r/e", "./e\n");
    cr_assert(le(u64, unpacking_result.raw, 5048576));
    select_paths(several, 4);
    unpacking_expect("cd x; find . -type f | sort; cmp e ../r/e; cmp d/9 ../r/d/9",
                     "./d/9\n./e\n./small\n");
    select_paths(all, 1);
    unpacking_compare("r", "x", true);
    select_paths(NULL, 0);
    unpacking_compare("r", "x", true);
}

Test(unpack, the_paths_asked_for_come_without_a_manifest_as_well)
{
    static const char *const several[] = {"small", "d/9", "nowhere", "e"};

    make_ten_files_of_a_mib();
    unpacking_foreign("foreign.tar.gz", "tar -czf $P -C r .");
    select_paths(several, 4);
    unpacking_expect("cd x; find . -type f | sort; cmp e ../r/e; cmp d/9 ../r/d/9",
                     "./d/9\n./e\n./small\n");
}

Test(unpack, damage_elsewhere_keeps_no_path_from_being_extracted)
{
    static const char *const one[] = {"d/9"};

    make_ten_files_of_a_mib();
    unpacking_archive("zlib");
    scratch_flip("p.tar.gz", 300000, 3);
    select_paths(one, 1);
    unpacking_expect("cmp x/d/9 r/d/9 && echo same", "same\n");
}

Test(unpack, what_lies_before_a_cut_is_still_extracted)
{
    static const char *const first[] = {"d/3"}, *const last[] = {"small"};

    make_ten_files_of_a_mib();
    unpacking_archive("zlib");
    cr_assert(eq(int, truncate("p.tar.gz", (off_t)scratch_size("p.tar.gz") / 2), 0));
    select_paths(first, 1);
    unpacking_expect("cmp x/d/3 r/d/3 && echo same", "same\n");
    unpacking_clear();
    unpacking.paths = last;
    cr_assert(eq(int, unpacking_run(), GBN_ERR_FORMAT));
    cr_assert_not_null(strstr(unpacking_err.message, "extract small from p.tar.gz: it is cut off"));
}

/* ---- limits ---- */

Test(unpack, more_than_the_space_allowed_is_not_written)
{
    tree_file("r/a", 100000);
    tree_file("r/b", 3000000);
    tree_text("r/hole", "");
    cr_assert(eq(int, truncate("r/hole", 100000000), 0));
    unpacking_archive("zlib");
    unpacking.space = 3100000;
    unpacking_succeed();
    unpacking_clear();
    unpacking.space--;
    unpacking_fail(GBN_ERR_LIMIT, "extract b: more comes out of p.tar.gz than fits");
    unpacking_clear();
    unpacking.manifest = NULL;
    unpacking_fail(GBN_ERR_LIMIT, "extract b: more comes out of p.tar.gz than fits");
}

Test(unpack, a_full_disk_is_named_with_the_file)
{
    tree_file("r/a", 10000);
    tree_file("r/large", 5000000);
    unpacking_archive("zlib");
    if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
        mount("none", "x", "tmpfs", 0, "size=1m") < 0)
        cr_skip("mounting is not allowed here");
    unpacking_fail(GBN_ERR_SYSTEM, "write large");
    cr_assert(eq(int, unpacking_err.errnum, ENOSPC));
    RUN(NULL, "sh", "-c", "rm -rf x/*");
    unpacking.manifest = NULL;
    unpacking_fail(GBN_ERR_SYSTEM, "write large");
    cr_assert(eq(int, unpacking_err.errnum, ENOSPC));
    umount("x");
}

Test(unpack, what_is_missing_is_named_at_once)
{
    gbn_job *job;

    unpacking.manifest = NULL;
    unpacking_fail(GBN_ERR_SYSTEM, "open p.tar.gz");
    unpacking_archive("zlib");
    unpacking.manifest = "missing";
    unpacking_fail(GBN_ERR_SYSTEM, "open missing");
    unpacking.manifest = "m";
    unpacking.target = "nowhere";
    cr_assert(eq(int, gbn_unpack_start(&unpacking, &unpacking_result, &job, &unpacking_err),
                 GBN_ERR_SYSTEM));
    cr_assert(eq(str, unpacking_err.message, "open nowhere"));
}

/* ---- owners ---- */

Test(unpack, owners_are_given_by_name_and_by_number)
{
    if (geteuid() != 0)
        cr_skip("needs root");
    tree_text("r/named", "");
    tree_text("r/numbered", "");
    tree_file("r/large", 2000000);
    tree_symlink("named", "r/link");
    RUN(NULL, "sh", "-c",
        "chown 65534:65534 r/named r/large; chown 12345:54321 r/numbered; "
        "chown -h 1234:4321 r/link; chown 999999:888888 r");
    unpacking.owners = true;
    unpacking_archive("zlib");
    expect_tree(true);
    unpacking.manifest = NULL;
    expect_tree(false);
    unpacking_clear();
    unpacking_foreign("foreign.tar", "tar -cf $P --owner=nobody:77 --group=nogroup:88 -C r named");
    unpacking_succeed();
    unpacking_expect("stat -c '%u %g' x/named", "65534 65534\n");
    unpacking_clear();
    unpacking.owners = false;
    unpacking_succeed();
    unpacking_expect("stat -c '%u %g' x/named", "0 0\n");
}

Test(unpack, an_ordinary_user_gets_the_tree_but_no_owners)
{
    unpacking_odd_tree();
    RUN(NULL, "sh", "-c", "chmod 755 r/of-513; chmod 750 r/of-512; chmod 600 r/of-511");
    unpacking_archive("zlib");
    process_become_nobody();
    expect_tree(true);
    unpacking.owners = true;
    unpacking_foreign("foreign.tar", "tar -cf $P --owner=:77 --group=:88 -C r of-1");
    unpacking_clear();
    if (geteuid() == 65534) {
        unpacking_fail(GBN_ERR_SYSTEM, "set owner of of-1");
        cr_assert(eq(int, unpacking_err.errnum, EPERM));
    }
    RUN(NULL, "sh", "-c", "chmod -R u+rwX r x");
}

/* ---- calling it off ---- */

static void
cancel_at_many_moments(void)
{
    for (long i = 0; i < 40; i++) {
        output_break_off(unpacking_start(), i * 1500 * 1000, &unpacking_err);
        process_expect_same();
        if (unpacking.target != NULL)
            unpacking_clear();
    }
}

Test(unpack, it_can_be_called_off_at_any_moment)
{
    unpacking_odd_tree();
    tree_file("r/larger", 20000000);
    unpacking_archive("zlib");
    unpacking.workers = 4;
    cancel_at_many_moments();
    unpacking.target = NULL;
    cancel_at_many_moments();
    unpacking.manifest = NULL;
    cancel_at_many_moments();
    unpacking.target = "x";
    cancel_at_many_moments();
}
