#include "again.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "former.h"
#include "gbn_index.h"
#include "output.h"
#include "process.h"
#include "scratch.h"
#include "tree.h"

gbn_archive_options again;
gbn_product_result again_result;
gbn_error again_err;

void
again_begin(void)
{
    scratch_enter();
    umask(022);
    tree_directory("r");
    again = (gbn_archive_options){.root = "r", .product = output_options("zlib", 2)};
    process_remember();
}

void
again_end(void)
{
    gbn_product_result_free(&again_result);
    process_expect_same();
    scratch_leave();
}

void
again_tree(void)
{
    tree_forest("r/forest", 40, 8);
    tree_file("r/large", 3 * 1024 * 1024 + 100);
    tree_file("r/medium", 700 * 1000);
    tree_symlink("../outside", "r/link");
    cr_assert_eq(mkfifo("r/fifo", 0640), 0);
    tree_forest("r/trees", 40, 8);
}

gbn_job *
again_start(void)
{
    gbn_job *job;

    output_remove(&again_result);
    cr_assert(eq(int, gbn_archive_start(&again, &again_result, &job, &again_err), GBN_OK), "%s",
              again_err.message);
    return job;
}

gbn_status
again_run(void)
{
    return output_finish(again_start(), &again_err);
}

void
again_succeed(void)
{
    cr_assert(eq(int, again_run(), GBN_OK), "%s", again_err.message);
    output_expect_result(&again_result, again.product.codec != NULL);
}

static void
put(gbn_bytes *out, const gbn_manifest_record *record)
{
    gbn_manifest_entry entry;

    switch (record->kind) {
    case GBN_RECORD_HEADER:
        gbn_manifest_put_header(out, &record->header, NULL);
        break;
    case GBN_RECORD_BLOCK:
        gbn_manifest_put_block(out, &record->block, NULL);
        break;
    case GBN_RECORD_ENTRY:
        entry = record->entry;
        entry.settled = true;
        gbn_manifest_put_entry(out, &entry, NULL);
        break;
    case GBN_RECORD_NOTE:
        gbn_manifest_put_note(out, record->note.kind, record->note.path, record->note.reason, NULL);
        break;
    case GBN_RECORD_TRAILER:
        gbn_manifest_put_trailer(out, &record->trailer, NULL);
        break;
    }
}

void
again_calm(const char *manifest)
{
    const gbn_manifest_record *record;
    gbn_bytes out = GBN_BYTES_INIT;
    gbn_index *index;

    cr_assert(eq(int, gbn_index_open(manifest, &index, &again_err), GBN_OK));
    while (gbn_index_next(index, &record, &again_err) == GBN_OK)
        put(&out, record);
    gbn_index_close(index);
    scratch_write(manifest, out.data, out.length);
    gbn_bytes_free(&out);
}

void
again_go_on(void)
{
    cr_assert(all(eq(int, rename("p", "p0"), 0), eq(int, rename("m", "m0"), 0)));
    again_calm("m0");
    again.previous_manifest = "m0";
    again.previous = (gbn_place){.path = "p0"};
    former_tick();
}

void
again_first(const char *codec)
{
    again.product.codec = strcmp(codec, "none") == 0 ? NULL : gbn_gzip_codec_find(codec);
    again.previous_manifest = NULL;
    again_succeed();
    again_go_on();
}

void
again_expect_tree(void)
{
    gbn_bytes difference = GBN_BYTES_INIT;

    cr_assert(eq(
        int, RUN(NULL, "sh", "-c", "rm -rf x; mkdir x; tar --delay-directory-restore -xpf p -C x"),
        0));
    RUN(&difference, "sh", "-c",
        "diff -r --no-dereference r x | grep -v 'is a fifo while'; for t in r x; do (cd $t; find . "
        "! -type d -printf '%P %y %m %Ts %s %l %n\\n' -o -printf '%P %y %m %Ts\\n' | "
        "sort >../$t.list); done; diff r.list x.list");
    cr_assert(eq(str, (char *)difference.data, ""));
    gbn_bytes_free(&difference);
}

static gbn_manifest_block
find_block(const char *manifest, uint64_t number, uint64_t *count)
{
    const gbn_manifest_record *record;
    gbn_manifest_block block = {0};
    gbn_index *index;

    *count = 0;
    cr_assert(eq(int, gbn_index_open(manifest, &index, &again_err), GBN_OK));
    while (gbn_index_next(index, &record, &again_err) == GBN_OK) {
        *count += record->kind == GBN_RECORD_BLOCK;
        if (record->kind == GBN_RECORD_BLOCK && record->block.number == number)
            block = record->block;
    }
    gbn_index_close(index);
    return block;
}

uint64_t
again_blocks(const char *manifest)
{
    uint64_t count;

    (void)find_block(manifest, 0, &count);
    return count;
}

gbn_manifest_block
again_block(const char *manifest, uint64_t number)
{
    uint64_t count;

    return find_block(manifest, number, &count);
}
