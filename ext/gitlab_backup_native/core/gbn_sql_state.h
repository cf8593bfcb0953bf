#ifndef GBN_SQL_STATE_H
#define GBN_SQL_STATE_H

#include "gbn_bytes.h"
#include "gbn_sql.h"

/* gbn_sql_state - what the files of the module sql share. For nobody else. */

/* Where in the text we are; each has a function, see the end of gbn_sql_scan.c. */
typedef enum gbn_sql_state {
    GBN_SQL_START,        /* between statements */
    GBN_SQL_COMMAND,      /* a line that begins with a backslash */
    GBN_SQL_TEXT,         /* in a statement, between two tokens */
    GBN_SQL_WORD,         /* an identifier or key word */
    GBN_SQL_UNICODE,      /* U& */
    GBN_SQL_DASH,         /* one - */
    GBN_SQL_SLASH,        /* one / */
    GBN_SQL_LINE_COMMENT, /* behind -- */
    GBN_SQL_COMMENT,      /* behind a slash and a star */
    GBN_SQL_LITERAL,      /* '...' */
    GBN_SQL_ESCAPE,       /* behind a backslash in it */
    GBN_SQL_GAP,          /* behind its closing quote: it may go on */
    GBN_SQL_IDENTIFIER,   /* "..." */
    GBN_SQL_TAG,          /* behind $, before the next one */
    GBN_SQL_DOLLAR,       /* $tag$ ... $tag$ */
    GBN_SQL_BEFORE_ROWS,  /* what is left of the line of a COPY */
    GBN_SQL_ROWS,
    GBN_SQL_STATES
} gbn_sql_state;

/* How a literal treats a backslash. */
typedef enum gbn_sql_literal {
    GBN_SQL_PLAIN,   /* as standard_conforming_strings says */
    GBN_SQL_ESCAPED, /* E'' */
    GBN_SQL_RAW      /* U&'', B'', X'' */
} gbn_sql_literal;

enum { GBN_SQL_WORD_MAX = 16 }; /* no key word that matters is longer */

/* What is known of the tokens of a statement, for gbn_sql_words.c. */
typedef struct gbn_sql_tokens {
    unsigned count;    /* words so far */
    unsigned routine;  /* how far CREATE [OR REPLACE] FUNCTION has come */
    bool is_copy;      /* its first word is COPY */
    bool is_copy_in;   /* ... and its rows come from the client */
    bool is_set;       /* its first word is SET */
    bool after_dot;    /* the last token is a dot */
    bool after_from;   /* ... the word FROM */
    bool after_begin;  /* ... the word BEGIN */
    unsigned parens;   /* open ones */
    unsigned sql_body; /* BEGIN ATOMIC and the CASEs in it that are open */
} gbn_sql_tokens;

struct gbn_sql {
    gbn_sql_state state;
    size_t limit;
    uint64_t line;   /* of the next byte */
    uint64_t began;  /* line of the statement */
    uint64_t offset; /* in the text, of the piece at hand */
    const uint8_t *piece;
    uint64_t from;       /* offset of the statement */
    uint64_t rows_began; /* line of the first row */
    gbn_bytes statement; /* what of it lay in earlier pieces */
    const uint8_t *mark; /* from where on it lies in this one; NULL: not in a statement */
    bool spent;          /* the statement was handed out */
    bool bare;           /* it has nothing but a comment so far */
    bool line_start;     /* the next byte is a line's first; between statements only */
    bool complete;       /* pg_dump's last line was the last thing */
    bool standard_strings;
    bool part; /* the text is not a whole dump */
    gbn_sql_tokens tokens;
    char word[GBN_SQL_WORD_MAX]; /* lower case, not terminated */
    size_t word_length;          /* also beyond the maximum */
    gbn_sql_literal literal;
    bool gap_begins, gap_newline;     /* nothing behind the quote yet; a newline */
    gbn_sql_state comment_returns_to; /* GBN_SQL_GAP or GBN_SQL_TEXT */
    unsigned nested;                  /* comments */
    uint8_t previous;                 /* byte of a comment that may be half a delimiter */
    gbn_bytes tag;                    /* with both dollars */
    size_t matched;                   /* bytes of the tag, or of \. and a line's end */
    bool row_starts;                  /* the next byte may belong to the line that ends the rows */
    bool has_event;
    gbn_sql_event event;
    gbn_status failure;
    gbn_error *err;
};

#endif
