#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <locale.h>
#include <string.h>

#include "gbn_error.h"

Test(error, a_failure_is_a_status_an_errno_and_a_sentence)
{
    gbn_error err;

    cr_assert(eq(int, gbn_fail(&err, GBN_ERR_SYSTEM, EIO, "read %s", "/x"), GBN_ERR_SYSTEM));
    cr_assert(eq(int, err.status, GBN_ERR_SYSTEM));
    cr_assert(eq(int, err.errnum, EIO));
    cr_assert(eq(str, err.message, "read /x"));
}

Test(error, nobody_need_want_to_know)
{
    cr_assert(eq(int, gbn_fail(NULL, GBN_ERR_NOMEM, 0, "allocate"), GBN_ERR_NOMEM));
}

Test(error, a_message_is_cut_at_its_end_and_still_a_string)
{
    char path[2 * GBN_ERROR_MESSAGE_SIZE];
    gbn_error err;

    memset(path, 'x', sizeof path);
    path[sizeof path - 1] = '\0';
    gbn_fail(&err, GBN_ERR_SYSTEM, 0, "%s", path);
    cr_assert(eq(sz, strlen(err.message), GBN_ERROR_MESSAGE_SIZE - 1));
}

Test(error, a_percent_sign_in_a_path_is_no_format)
{
    gbn_error err;

    gbn_fail(&err, GBN_ERR_SYSTEM, 0, "open %s", "100%s%n");
    cr_assert(eq(str, err.message, "open 100%s%n"));
}

Test(error, news_is_positive_and_failure_negative)
{
    cr_assert(gt(int, GBN_AGAIN, 0));
    cr_assert(gt(int, GBN_END, 0));
    cr_assert(gt(int, GBN_SKIPPED, 0));
    cr_assert(eq(int, GBN_OK, 0));
#define EXPECT_TEXT(name, number, text) cr_assert(eq(str, (char *)gbn_status_text(name), text));
    GBN_STATUS_LIST(EXPECT_TEXT)
#undef EXPECT_TEXT
    cr_assert(eq(str, (char *)gbn_status_text((gbn_status)99), "unknown"));
}

Test(error, the_systems_words_do_not_depend_on_the_locale)
{
    char text[64];

    setlocale(LC_ALL, "");
    cr_assert(
        eq(str, (char *)gbn_errno_text(ENOENT, text, sizeof text), "No such file or directory"));
    gbn_errno_text(ENOENT, text, 5);
    cr_assert(eq(str, text, "No s"));
}
