#include "gbn_error.h"

#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

gbn_status
gbn_fail(gbn_error *err, gbn_status status, int errnum, const char *format, ...)
{
    va_list args;

    if (err == NULL)
        return status;
    err->status = status;
    err->errnum = errnum;
    va_start(args, format);
    vsnprintf(err->message, sizeof err->message, format, args);
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
