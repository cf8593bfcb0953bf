#include "surveying.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <sys/stat.h>

#include "process.h"
#include "scratch.h"
#include "tree.h"

gbn_survey_options surveying;
gbn_survey *surveyed;
gbn_error surveying_err;

static gbn_root *root;

void
surveying_begin(void)
{
    scratch_enter();
    umask(022);
    tree_directory("r");
    process_remember();
    surveying = (gbn_survey_options){.manifest = "m0", .folder = "."};
}

static void
forget(void)
{
    gbn_survey_free(surveyed);
    gbn_root_close(root);
    surveyed = NULL;
    root = NULL;
}

void
surveying_end(void)
{
    forget();
    process_expect_same();
    scratch_leave();
}

void
surveying_new(void)
{
    forget();
    cr_assert(eq(int, gbn_root_open("r", 32, &root, &surveying_err), GBN_OK));
    surveying.root = root;
    cr_assert(eq(int, gbn_survey_new(&surveying, &surveyed, &surveying_err), GBN_OK));
}

gbn_status
surveying_run(void)
{
    surveying_new();
    return gbn_survey_run(surveyed, &surveying_err);
}
