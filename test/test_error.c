#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <locale.h>
#include <stdbool.h>
#include <stdlib.h>
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

static char path[4001];

/* A path of 4,000 bytes: `part` over and over. */
static void
make_path(const char *part)
{
    const size_t length = strlen(part);

    for (size_t i = 0; i < sizeof path - 1; i++)
        path[i] = part[i % length];
}

static bool
is_utf8(const char *text)
{
    setlocale(LC_ALL, "C.UTF-8");
    return mbstowcs(NULL, text, 0) != (size_t)-1;
}

Test(error, a_message_that_just_fits_is_whole)
{
    gbn_error err;

    make_path("x");
    path[GBN_ERROR_MESSAGE_SIZE - 1 - strlen("read ")] = '\0';
    gbn_fail(&err, GBN_ERR_SYSTEM, 0, "read %s", path);
    cr_assert(eq(sz, strlen(err.message), GBN_ERROR_MESSAGE_SIZE - 1));
    cr_assert(eq(str, err.message + strlen("read "), path));
}

Test(error, a_long_path_keeps_the_verb_before_it_and_the_cause_behind_it)
{
    const char *end;
    gbn_error err;

    make_path("folder/");
    gbn_fail(&err, GBN_ERR_FORMAT, 0, "read %s/last: %s", path, "the file has no end");
    cr_assert(eq(sz, strlen(err.message), GBN_ERROR_MESSAGE_SIZE - 1));
    cr_assert(eq(int, strncmp(err.message, "read folder/folder/", 19), 0));
    cr_assert_not_null(end = strstr(err.message, "/last: the file has no end"));
    cr_assert(eq(sz, strlen(end), strlen("/last: the file has no end")));
    cr_assert_not_null(strstr(err.message, "\xe2\x80\xa6"));
}

Test(error, no_character_is_cut_in_two)
{
    static const char *const parts[] = {"\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\xa6\x8a"};
    gbn_error err;

    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        for (int shift = 0; shift < 4; shift++) {
            make_path(parts[i]);
            path[sizeof path - 1 - (sizeof path - 1) % strlen(parts[i])] = '\0';
            gbn_fail(&err, GBN_ERR_SYSTEM, 0, "%.*s%s%.*s", shift, "abc", path, shift, "abc");
            cr_assert(is_utf8(err.message), "%s", err.message);
            cr_assert(ge(sz, strlen(err.message), GBN_ERROR_MESSAGE_SIZE - 1 - 6));
        }
    }
}

Test(error, a_long_name_that_is_no_utf8_is_shortened_all_the_same)
{
    gbn_error err;

    make_path("\x80");
    gbn_fail(&err, GBN_ERR_SYSTEM, 0, "open %s: no", path);
    cr_assert(ge(sz, strlen(err.message), GBN_ERROR_MESSAGE_SIZE - 1 - 6));
    cr_assert(eq(int, strncmp(err.message, "open \x80", 6), 0));
    cr_assert(eq(str, err.message + strlen(err.message) - 4, ": no"));
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
