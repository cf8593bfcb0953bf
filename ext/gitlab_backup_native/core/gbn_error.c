/*
 * A message is "verb path: reason", and a path may have 4,096 bytes and more: what does not fit loses
 * its middle, so that what was done and why it failed both stay. To have the end at all it is
 * formatted a second time, in memory of its own, which is freed at once; without memory it
 * is cut at the end instead.
 */
#include "gbn_error.h"

#include <locale.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char OMISSION[] = "\xe2\x80\xa6"; /* U+2026, an ellipsis */

enum {
    OMISSION_LENGTH = sizeof OMISSION - 1,
    HALF = (GBN_ERROR_MESSAGE_SIZE - 1 - OMISSION_LENGTH) / 2,
    UTF8_MAX = 4
};

/* Does `text` begin in the midst of a UTF-8 sequence? */
static bool
is_continuation(const char *text)
{
    return ((unsigned char)*text & 0xc0) == 0x80;
}

/* Bytes of any other encoding are cut anywhere: there, no more than a sequence's length is given up. */
static void
leave_out_middle(char *message, const char *text, size_t length)
{
    size_t head = HALF;
    const char *tail = text + length - HALF;

    for (int i = 1; i < UTF8_MAX && is_continuation(text + head); i++)
        head--;
    for (int i = 1; i < UTF8_MAX && is_continuation(tail); i++)
        tail++;
    memcpy(message, text, head);
    memcpy(message + head, OMISSION, OMISSION_LENGTH);
    memcpy(message + head + OMISSION_LENGTH, tail, strlen(tail) + 1);
}

static void
shorten(char *message, size_t length, const char *format, va_list args)
{
    char *text = malloc(length + 1);

    if (text == NULL)
        return;
    vsnprintf(text, length + 1, format, args);
    leave_out_middle(message, text, length);
    free(text);
}

gbn_status
gbn_fail(gbn_error *err, gbn_status status, int errnum, const char *format, ...)
{
    va_list args, again;
    int length;

    if (err == NULL)
        return status;
    err->status = status;
    err->errnum = errnum;
    va_start(args, format);
    va_copy(again, args);
    length = vsnprintf(err->message, sizeof err->message, format, args);
    if (length >= (int)sizeof err->message)
        shorten(err->message, (size_t)length, format, again);
    va_end(again);
    va_end(args);
    return status;
}

const char *
gbn_errno_text(int errnum, char *text, size_t size)
{
    locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);

    if (c == (locale_t)0) {
        snprintf(text, size, "error %d", errnum);
        return text;
    }
    snprintf(text, size, "%s", strerror_l(errnum, c));
    freelocale(c);
    return text;
}

const char *
gbn_status_text(gbn_status status)
{
    switch (status) {
#define GBN_STATUS_CASE(name, number, text)                                                        \
    case name:                                                                                     \
        return text;
        GBN_STATUS_LIST(GBN_STATUS_CASE)
#undef GBN_STATUS_CASE
    }
    return "unknown";
}
