#ifndef GBN_ERROR_H
#define GBN_ERROR_H

#include <stddef.h>

/*
 * gbn_error - how every module says what went wrong.
 *
 * A fallible function returns a gbn_status: 0 is success, failures are
 * negative, news that is no failure is positive. A failure comes with a
 * gbn_error, a plain value filled at the place that knows the path.
 */

/* name, number (never reused), text for tests and logs */
#define GBN_STATUS_LIST(X)                                                                         \
    X(GBN_SKIPPED, 3, "skipped")                                                                   \
    X(GBN_END, 2, "end")                                                                           \
    X(GBN_AGAIN, 1, "again")                                                                       \
    X(GBN_OK, 0, "ok")                                                                             \
    X(GBN_ERR_SYSTEM, -1, "system") /* errno says which */                                         \
    X(GBN_ERR_NOMEM, -2, "nomem")                                                                  \
    X(GBN_ERR_CANCELLED, -3, "cancelled")                                                          \
    X(GBN_ERR_INVALID, -4, "invalid") /* an argument no caller should pass */                      \
    X(GBN_ERR_FORMAT, -5, "format")   /* bytes that are not what they claim to be */               \
    X(GBN_ERR_LIMIT, -6, "limit")     /* larger than this gem, or a format, allows */              \
    X(GBN_ERR_CODEC, -7, "codec")     /* a compression library refused */                          \
    X(GBN_ERR_SERVER, -8, "server")   /* a server refused or is gone */

typedef enum gbn_status {
#define GBN_STATUS_ENUM(name, number, text) name = number,
    GBN_STATUS_LIST(GBN_STATUS_ENUM)
#undef GBN_STATUS_ENUM
} gbn_status;

enum { GBN_ERROR_MESSAGE_SIZE = 512 };

/* Nothing to free; safe to copy between threads. */
typedef struct gbn_error {
    gbn_status status;
    int errnum; /* errno, or 0 */
    char
        message[GBN_ERROR_MESSAGE_SIZE]; /* "read /path": lower case, no full stop, no errno text */
} gbn_error;

/*
 * Fill `err` (may be NULL) and return `status`, so that a caller can write
 * `return gbn_fail(...)`. Of a message that is too long the middle is left out, "verb first…last: reason".
 * What it is made of must not lie in `err` itself.
 */
gbn_status gbn_fail(gbn_error *err, gbn_status status, int errnum, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The C locale's text of an errno in `text`, which is returned. Any thread. */
const char *gbn_errno_text(int errnum, char *text, size_t size);

/* The text of a status, "unknown" for a number that is none. */
const char *gbn_status_text(gbn_status status);

#endif
