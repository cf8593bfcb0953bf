/* What the words of a statement mean for the place where it ends, and for what follows it. */
#include <string.h>
#include <strings.h>

#include "gbn_sql_scan.h"

/* CREATE [OR REPLACE] FUNCTION|PROCEDURE, word by word. */
enum { NO_ROUTINE, AFTER_CREATE, AFTER_OR, AFTER_REPLACE, ROUTINE };

enum { NAME_SIZE = 40 };

static bool
is_word(const gbn_sql *sql, const char *word)
{
    return sql->word_length == strlen(word) && sql->word_length <= GBN_SQL_WORD_MAX &&
           memcmp(sql->word, word, sql->word_length) == 0;
}

static unsigned
advance_routine(const gbn_sql *sql)
{
    unsigned now = sql->tokens.routine;

    if (now == ROUTINE)
        return ROUTINE;
    if (sql->tokens.count == 1)
        return is_word(sql, "create") ? AFTER_CREATE : NO_ROUTINE;
    if (now == AFTER_CREATE && is_word(sql, "or"))
        return AFTER_OR;
    if (now == AFTER_OR && is_word(sql, "replace"))
        return AFTER_REPLACE;
    if ((now == AFTER_CREATE || now == AFTER_REPLACE) &&
        (is_word(sql, "function") || is_word(sql, "procedure")))
        return ROUTINE;
    return NO_ROUTINE;
}

/* A routine whose body is SQL has semicolons in it. `begin` alone may be its name. */
static void
count_body(gbn_sql *sql, bool after_begin)
{
    gbn_sql_tokens *tokens = &sql->tokens;

    if (tokens->parens > 0 || tokens->routine != ROUTINE)
        return;
    if (tokens->sql_body == 0) {
        tokens->sql_body = after_begin && is_word(sql, "atomic");
        tokens->after_begin = is_word(sql, "begin");
    } else if (is_word(sql, "case"))
        tokens->sql_body++;
    else if (is_word(sql, "end"))
        tokens->sql_body--;
}

void
gbn_sql_end_word(gbn_sql *sql)
{
    gbn_sql_tokens *tokens = &sql->tokens;
    gbn_sql_tokens before = *tokens;

    tokens->count++;
    tokens->after_dot = tokens->after_from = tokens->after_begin = false;
    tokens->routine = advance_routine(sql);
    if (tokens->count == 1) {
        tokens->is_copy = is_word(sql, "copy");
        tokens->is_set = is_word(sql, "set");
    }
    if (before.after_dot)
        return;
    tokens->after_from = tokens->is_copy && tokens->parens == 0 && is_word(sql, "from");
    if (before.after_from) /* the server takes the one for the other */
        tokens->is_copy_in = is_word(sql, "stdin") || is_word(sql, "stdout");
    count_body(sql, before.after_begin);
}

void
gbn_sql_other_token(gbn_sql *sql)
{
    gbn_sql_tokens *tokens = &sql->tokens;

    tokens->count++;
    tokens->after_dot = tokens->after_from = tokens->after_begin = false;
    if (tokens->routine != ROUTINE)
        tokens->routine = NO_ROUTINE;
}

/* The letters and digits of `text` up to `length`, as lower case; too long ones match nothing. */
static void
normalize(const char *text, size_t length, char name[NAME_SIZE])
{
    size_t used = 0;

    for (size_t i = 0; i < length && used < NAME_SIZE - 1; i++) {
        char c = text[i];

        if (c >= 'A' && c <= 'Z')
            c = (char)(c + ('a' - 'A'));
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
            name[used++] = c;
    }
    name[used] = '\0';
}

bool
gbn_sql_is_safe_encoding(const char *name, size_t length)
{
    /* PostgreSQL's names and other names of SJIS, SHIFT_JIS_2004, BIG5, GBK, UHC, GB18030, JOHAB */
    static const char *const UNSAFE[] = {
        "sjis", "shiftjis", "mskanji",    "win932", "windows932", "shiftjis2004",
        "big5", "win950",   "windows950", "gbk",    "win936",     "windows936",
        "uhc",  "win949",   "windows949", "johab",  "gb18030",
    };
    char normal[NAME_SIZE] = "";

    normalize(name, length, normal);
    for (size_t i = 0; i < sizeof UNSAFE / sizeof UNSAFE[0]; i++)
        if (strcmp(normal, UNSAFE[i]) == 0)
            return false;
    return true;
}

/* The length of the word or of the other thing at `text`, spaces before it left out. */
static size_t
next_token(const char **text)
{
    const char *at = *text;
    size_t length = 0;

    while (gbn_sql_is_space((uint8_t)*at))
        at++;
    while (gbn_sql_is_word((uint8_t)at[length]))
        length++;
    *text = at;
    return length > 0 || *at == '\0' ? length : 1;
}

/* Step over the token at `*text` if it is `word`. */
static bool
skip(const char **text, const char *word)
{
    size_t length = next_token(text);

    if (length != strlen(word) || strncasecmp(*text, word, length) != 0)
        return false;
    *text += length;
    return true;
}

/* SET name = value, SET name TO value, SET NAMES value: the two settings that decide how text is read. */
gbn_status
gbn_sql_apply_set(gbn_sql *sql)
{
    const char *text = (const char *)sql->statement.data;
    char value[NAME_SIZE] = "";
    bool strings, encoding;

    if (!skip(&text, "set"))
        return GBN_OK;
    if (!skip(&text, "session"))
        skip(&text, "local");
    strings = skip(&text, "standard_conforming_strings");
    encoding = !strings && (skip(&text, "client_encoding") || skip(&text, "names"));
    if (!skip(&text, "="))
        skip(&text, "to");
    normalize(text, strlen(text), value);
    if (strings)
        sql->standard_strings = !(strcmp(value, "off") == 0 || strcmp(value, "false") == 0 ||
                                  strcmp(value, "no") == 0 || strcmp(value, "0") == 0);
    if (encoding && !gbn_sql_is_safe_encoding(value, strlen(value)))
        return gbn_fail(sql->err, GBN_ERR_FORMAT, 0,
                        "read SQL: line %llu: text in the encoding %s cannot be taken apart: "
                        "dump with --encoding=UTF8",
                        (unsigned long long)sql->began, value);
    return GBN_OK;
}
