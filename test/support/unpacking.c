#include "unpacking.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gbn_archive.h"
#include "output.h"
#include "process.h"
#include "scratch.h"
#include "tree.h"

gbn_unpack_options unpacking;
gbn_unpack_result unpacking_result;
gbn_error unpacking_err;

void
unpacking_begin(void)
{
    scratch_enter();
    umask(022);
    tree_directory("r");
    tree_directory("x");
    unpacking = (gbn_unpack_options){
        .source.path = "p.tar.gz", .manifest = "m", .target = "x", .archive = true, .workers = 2};
    process_remember();
}

void
unpacking_end(void)
{
    gbn_unpack_result_free(&unpacking_result);
    process_expect_same();
    scratch_leave();
}

static void
make_files(void)
{
    static const size_t sizes[] = {0,       1,       511,     512,     513,     4096,
                                   65536,   1031680, 1032192, 1032193, 1048064, 1048575,
                                   1048576, 1048577, 2097152, 3200000, 5242880};
    char path[320];

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        snprintf(path, sizeof path, "r/of-%zu", sizes[i]);
        tree_file(path, sizes[i]);
    }
    memset(path, 'n', sizeof path);
    memcpy(path, "r/", 2);
    path[2 + 255] = '\0';
    tree_text(path, "a long name");
    path[2 + 101] = '\0';
    tree_text(path, "a name a header has no room for");
    tree_text("r/new\nline", "");
    tree_text("r/\xff\xfe", "no UTF-8");
    cr_assert(eq(int, truncate("r/of-4096", 2 * 1048576), 0)); /* ends in a hole */
    tree_text("r/hole", "");
    cr_assert(eq(int, truncate("r/hole", 5000000), 0));
}

void
unpacking_odd_tree(void)
{
    char text[301];

    make_files();
    tree_forest("r/forest", 20, 6);
    memset(text, 't', 300);
    text[300] = '\0';
    tree_directory("r/links");
    tree_symlink(text, "r/links/long");
    tree_symlink("/etc/passwd", "r/links/outside");
    tree_hard_link("r/of-1", "r/links/hard");
    tree_hard_link("r/of-3200000", "r/links/large");
    tree_hard_link("r/links/long", "r/links/symlink-twice");
    tree_directory("r/empty");
    tree_directory("r/shut");
    tree_text("r/shut/inside", "x");
    cr_assert(eq(int, mkfifo("r/fifo", 0640), 0));
    cr_assert(eq(int,
                 RUN(NULL, "sh", "-c",
                     "cd r; chmod 1777 links; chmod 4755 of-513; chmod 2750 of-512;"
                     "test $(id -u) = 0 && chmod 0 of-511;" /* others could not read it */
                     "touch -d @0.5 of-1; touch -d '1960-01-01 1:2:3.987654321' of-512; "
                     "touch -d 2200-01-01 of-513; touch -h -d @1.25 links/outside; chmod 500 shut;"
                     "touch -d @123456789.123456789 of-5242880 links empty fifo; touch -d @77.5 ."),
                 0));
}

void
unpacking_archive(const char *codec)
{
    const bool plain = strcmp(codec, "none") == 0;
    gbn_archive_options options = {.root = "r", .product = output_options(codec, 2)};
    gbn_product_result result = {0};
    gbn_job *job;

    unpacking.source.path = plain ? "p.tar" : "p.tar.gz";
    unpacking.manifest = "m";
    options.product.target = unpacking.source.path;
    cr_assert(eq(int, RUN(NULL, "rm", "-f", unpacking.source.path, "m"), 0));
    cr_assert(eq(int, gbn_archive_start(&options, &result, &job, &unpacking_err), GBN_OK));
    cr_assert(eq(int, output_finish(job, &unpacking_err), GBN_OK), "%s", unpacking_err.message);
    gbn_product_result_free(&result);
}

void
unpacking_foreign(const char *product, const char *line)
{
    unpacking.source.path = product;
    unpacking.manifest = NULL;
    setenv("P", product, 1);
    cr_assert(eq(int, RUN(NULL, "sh", "-c", line), 0), "%s", line);
}

void
unpacking_clear(void)
{
    cr_assert(eq(int, RUN(NULL, "sh", "-c", "chmod -R u+rwX x && rm -rf x && mkdir x"), 0));
}

gbn_job *
unpacking_start(void)
{
    gbn_job *job;

    gbn_unpack_result_free(&unpacking_result);
    unpacking_result = (gbn_unpack_result){0};
    cr_assert(
        eq(int, gbn_unpack_start(&unpacking, &unpacking_result, &job, &unpacking_err), GBN_OK),
        "%s", unpacking_err.message);
    return job;
}

gbn_status
unpacking_run(void)
{
    return output_finish(unpacking_start(), &unpacking_err);
}

void
unpacking_succeed(void)
{
    cr_assert(eq(int, unpacking_run(), GBN_OK), "%s", unpacking_err.message);
    for (size_t i = 0; i < unpacking_result.finding_count; i++)
        cr_expect(false, "%s: %s", unpacking_result.findings[i].path,
                  unpacking_result.findings[i].reason);
    cr_assert(eq(sz, unpacking_result.finding_count, 0));
}

void
unpacking_fail(gbn_status status, const char *message)
{
    cr_assert(eq(int, unpacking_run(), status), "%s", unpacking_err.message);
    cr_assert(eq(str, unpacking_err.message, (char *)message));
}

void
unpacking_compare(const char *a, const char *b, bool exact)
{
    gbn_bytes difference = GBN_BYTES_INIT;

    RUN(&difference, "sh", "-c",
        "diff -r --no-dereference $0 $1 | grep -v 'is a fifo while'; for t in $0 $1; do (cd $t; "
        "find . -type d -printf \"%P %y %m $2 %U %G\\n\" -o "
        "-printf \"%P %y %m $2 %s %l %n %U %G\\n\" | sort >../$t.list); done; diff $0.list $1.list",
        a, b, exact ? "%T@" : "%Ts");
    cr_assert(eq(str, (char *)difference.data, ""));
    gbn_bytes_free(&difference);
}

void
unpacking_expect(const char *line, const char *output)
{
    gbn_bytes printed = GBN_BYTES_INIT;

    RUN(&printed, "sh", "-c", line);
    cr_assert(eq(str, (char *)printed.data, (char *)output), "%s", line);
    gbn_bytes_free(&printed);
}

const gbn_finding *
unpacking_found(gbn_finding_kind kind, const char *path)
{
    for (size_t i = 0; i < unpacking_result.finding_count; i++) {
        const gbn_finding *finding = &unpacking_result.findings[i];

        if (finding->kind == kind &&
            (path == NULL || (finding->path != NULL && strcmp(finding->path, path) == 0)))
            return finding;
    }
    return NULL;
}

uint64_t
unpacking_damages(void)
{
    uint64_t count = 0;

    for (int i = 0; i < GBN_FINDING_SKIPPED; i++)
        count += unpacking_result.counts[i];
    return count;
}
