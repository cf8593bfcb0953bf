#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gbn_bytes.h"
#include "gbn_sql.h"

#define TRAILER "--\n-- PostgreSQL database dump complete\n--\n\n"

static gbn_error err;
static const char *all; /* of the text that is being taken apart */

TestSuite(sql, .timeout = 120);

/* A transcript: one line an event, rows joined whatever their cuts. */
static void
write_event(gbn_bytes *out, const gbn_sql_event *event, bool *in_rows)
{
    static const char LETTERS[] = {'S', 'C', 'D', 'E'};
    char head[40];

    if (event->kind == GBN_SQL_DATA && *in_rows) {
        gbn_bytes_append(out, event->data, event->length, NULL);
        return;
    }
    snprintf(head, sizeof head, "%s%c", out->length > 0 ? "|" : "", LETTERS[event->kind]);
    gbn_bytes_append(out, head, strlen(head), NULL);
    if (event->kind == GBN_SQL_STATEMENT || event->kind == GBN_SQL_COPY) {
        snprintf(head, sizeof head, "%llu:", (unsigned long long)event->line);
        gbn_bytes_append(out, head, strlen(head), NULL);
        cr_assert(eq(sz, strlen((const char *)event->data), event->length));
        cr_assert(eq(u64, event->to - event->from, event->length));
        cr_assert(memcmp(all + event->from, event->data, event->length) == 0);
    }
    gbn_bytes_append(out, event->data, event->length, NULL);
    *in_rows = event->kind == GBN_SQL_DATA;
}

/* A piece lies in memory of its own, so that reading past it is seen by the sanitizers. */
static gbn_status
take_piece(gbn_sql *sql, const char *text, size_t length, gbn_bytes *out, bool *in_rows)
{
    uint8_t *copy = malloc(length + 1);
    const uint8_t *data = copy + 1;
    gbn_sql_event event;
    gbn_status rc;

    memcpy(copy + 1, text, length);
    while ((rc = gbn_sql_next(sql, &data, &length, &event, &err)) == GBN_OK)
        write_event(out, &event, in_rows);
    free(copy);
    return rc;
}

/* Pieces of `first` bytes, then of `piece` bytes. */
static gbn_status
transcribe(const char *text, size_t length, size_t first, size_t piece, gbn_bytes *out)
{
    bool in_rows = false;
    gbn_status rc = GBN_AGAIN;
    size_t done = 0;
    gbn_sql *sql;

    all = text;
    gbn_bytes_clear(out);
    cr_assert(eq(int, gbn_sql_new(GBN_SQL_STATEMENT_MAX, &sql, &err), GBN_OK));
    while (done < length && rc == GBN_AGAIN) {
        size_t size = done == 0 ? first : piece;

        if (size > length - done)
            size = length - done;
        rc = take_piece(sql, text + done, size, out, &in_rows);
        done += size;
    }
    rc = rc == GBN_AGAIN ? gbn_sql_finish(sql, &err) : rc;
    gbn_sql_free(sql);
    gbn_bytes_append(out, "", 1, NULL);
    return rc;
}

/* However the text is cut, the transcript and the status are these. */
static void
expect_of(const char *text, size_t length, gbn_status status, char *wanted)
{
    gbn_bytes out = GBN_BYTES_INIT;

    for (size_t first = 1; first <= length; first++) {
        cr_assert(eq(int, transcribe(text, length, first, length, &out), status), "%s", text);
        cr_assert(eq(str, (char *)out.data, wanted), "cut at %zu", first);
    }
    for (size_t piece = 1; piece <= 7; piece++) {
        cr_assert(eq(int, transcribe(text, length, piece, piece, &out), status));
        cr_assert(eq(str, (char *)out.data, wanted), "pieces of %zu", piece);
    }
    gbn_bytes_free(&out);
}

static void
expect(const char *text, char *wanted)
{
    char *whole = malloc(strlen(text) + sizeof "\n" TRAILER);

    cr_assert(whole != NULL);
    sprintf(whole, "%s\n%s", text, TRAILER);
    expect_of(whole, strlen(whole), GBN_OK, wanted);
    free(whole);
}

static void
expect_refusal(const char *text, char *wanted, char *message)
{
    expect_of(text, strlen(text), GBN_ERR_FORMAT, wanted);
    cr_assert(eq(str, err.message, message));
}

Test(sql, nothing_but_the_last_line_is_a_complete_text)
{
    expect("", "");
    expect("  \n\t\r\n", "");
    expect_of(TRAILER, strlen(TRAILER) - 5, GBN_OK, ""); /* without a newline */
}

Test(sql, statements_end_at_semicolons_and_know_their_lines)
{
    expect("SELECT 1;SELECT 2;\n\nSELECT\n3\n;SELECT 4;",
           "S1:SELECT 1;|S1:SELECT 2;|S3:SELECT\n3\n;|S5:SELECT 4;");
}

Test(sql, empty_statements_are_dropped)
{
    expect(";; ;\nSELECT 1;;", "S2:SELECT 1;");
}

Test(sql, comments_before_a_statement_are_dropped_and_those_in_it_stay)
{
    expect("-- a;\n/* b; /* c; */ ; */ -- d\nSELECT -- e;\n1 /* f; */;",
           "S3:SELECT -- e;\n1 /* f; */;");
    expect("/**/SELECT 1;/***/SELECT 2;/*/ */SELECT 3;/*/**/*/SELECT 4;",
           "S1:SELECT 1;|S1:SELECT 2;|S1:SELECT 3;|S1:SELECT 4;");
    expect("SELECT 2*/*;*/3;", "S1:SELECT 2*/*;*/3;");
    expect("SELECT 1---;\n;", "S1:SELECT 1---;\n;");
    expect("-1;/2;", "S1:-1;|S1:/2;");
    expect("-- a comment that ends\rSELECT 1;", "S1:SELECT 1;");
}

Test(sql, literals_hide_semicolons)
{
    expect("SELECT ';', 'a;''b;', 'c\\';", "S1:SELECT ';', 'a;''b;', 'c\\';");
    expect("SELECT 'a\n\\! b\n\\.\n';", "S1:SELECT 'a\n\\! b\n\\.\n';");
    expect("SELECT '--';SELECT '/*';", "S1:SELECT '--';|S1:SELECT '/*';");
}

Test(sql, escapes_hide_quotes_in_escaped_literals_alone)
{
    expect("SELECT E'\\';', e'\\\\';SELECT 1;", "S1:SELECT E'\\';', e'\\\\';|S1:SELECT 1;");
    expect("SELECT ae'\\';SELECT N'\\';", "S1:SELECT ae'\\';|S1:SELECT N'\\';");
    expect("SELECT U&'\\';SELECT b'\\';SELECT X'\\';",
           "S1:SELECT U&'\\';|S1:SELECT b'\\';|S1:SELECT X'\\';");
    expect("SELECT u & 'a';SELECT u&e'\\';';", "S1:SELECT u & 'a';|S1:SELECT u&e'\\';';");
}

Test(sql, a_literal_goes_on_in_a_later_line_as_it_began)
{
    expect("SELECT E'a'\n '\\';';SELECT 1;", "S1:SELECT E'a'\n '\\';';|S2:SELECT 1;");
    expect("SELECT E'a' -- c\n '\\';';", "S1:SELECT E'a' -- c\n '\\';';");
    expect("SELECT E'a' '\\';", "S1:SELECT E'a' '\\';");
    expect("SELECT E'a'/* \n */'\\';", "S1:SELECT E'a'/* \n */'\\';");
    expect("SELECT E'a'''';'\n-1;", "S1:SELECT E'a'''';'\n-1;");
}

Test(sql, standard_conforming_strings_is_followed)
{
    expect("SET standard_conforming_strings = off;\nSELECT '\\';';\n"
           "SELECT b'\\';set SESSION standard_conforming_strings to 'ON';SELECT '\\';",
           "S1:SET standard_conforming_strings = off;|S2:SELECT '\\';';|S3:SELECT b'\\';"
           "|S3:set SESSION standard_conforming_strings to 'ON';|S3:SELECT '\\';");
}

Test(sql, the_servers_word_overrides_the_texts)
{
    const uint8_t *text = (const uint8_t *)"SELECT '\\';';";
    size_t length = 13;
    gbn_sql_event event;
    gbn_sql *sql;

    cr_assert(eq(int, gbn_sql_new(100, &sql, &err), GBN_OK));
    gbn_sql_set_standard_strings(sql, false);
    cr_assert(eq(int, gbn_sql_next(sql, &text, &length, &event, &err), GBN_OK));
    cr_assert(eq(str, (char *)event.data, "SELECT '\\';';"));
    gbn_sql_free(sql);
}

Test(sql, quoted_identifiers_hide_semicolons)
{
    expect("SELECT \"a;\"\"b;\\\", U&\"c;\\\"\"\";", "S1:SELECT \"a;\"\"b;\\\", U&\"c;\\\"\"\";");
    expect("SELECT \"a\n\\! b\";", "S1:SELECT \"a\n\\! b\";");
}

Test(sql, dollar_quotes_end_at_their_own_tag)
{
    expect("SELECT $$;'$$;SELECT $a$;$$;$b$;$A$;$a$;",
           "S1:SELECT $$;'$$;|S1:SELECT $a$;$$;$b$;$A$;$a$;");
    expect("SELECT $a$ $ab$a$;SELECT $_1$;$_$_1$;", "S1:SELECT $a$ $ab$a$;|S1:SELECT $_1$;$_$_1$;");
    expect("SELECT $\xc3\xa4$;\\!\n$\xc3\xa4$;", "S1:SELECT $\xc3\xa4$;\\!\n$\xc3\xa4$;");
}

Test(sql, not_every_dollar_begins_a_quote)
{
    expect("SELECT a$b$;SELECT $b$;$b$;", "S1:SELECT a$b$;|S1:SELECT $b$;$b$;");
    expect("SELECT $1, $2;SELECT $1$a$;$a$;", "S1:SELECT $1, $2;|S1:SELECT $1$a$;$a$;");
    expect("SELECT $a b$;SELECT $;", "S1:SELECT $a b$;|S1:SELECT $;");
    expect("SELECT $e'\\';';SELECT $ab'\\';", "S1:SELECT $e'\\';';|S1:SELECT $ab'\\';");
}

Test(sql, parentheses_keep_rules_whole)
{
    expect("CREATE RULE r AS ON INSERT TO t DO (a; b);SELECT ')(';SELECT 1);SELECT (;);",
           "S1:CREATE RULE r AS ON INSERT TO t DO (a; b);|S1:SELECT ')(';|S1:SELECT 1);"
           "|S1:SELECT (;);");
}

Test(sql, bodies_in_sql_end_at_their_end)
{
    expect(
        "CREATE FUNCTION f() RETURNS int\nBEGIN /* c */ ATOMIC\n SELECT CASE WHEN true THEN 1 "
        "END;\n"
        " SELECT (CASE 2 WHEN 2 THEN 3 END);\nEND;SELECT 1;",
        "S1:CREATE FUNCTION f() RETURNS int\nBEGIN /* c */ ATOMIC\n SELECT CASE WHEN true THEN 1 "
        "END;\n SELECT (CASE 2 WHEN 2 THEN 3 END);\nEND;|S5:SELECT 1;");
    expect(
        "create or REPLACE procedure p() begin atomic SELECT t.end, t.case, \"end\";END;SELECT 1;",
        "S1:create or REPLACE procedure p() begin atomic SELECT t.end, t.case, \"end\";END;"
        "|S1:SELECT 1;");
}

Test(sql, a_function_may_be_called_begin)
{
    expect("CREATE FUNCTION public.begin() RETURNS int LANGUAGE sql AS 'x';SELECT 1;",
           "S1:CREATE FUNCTION public.begin() RETURNS int LANGUAGE sql AS 'x';|S1:SELECT 1;");
    expect("CREATE FUNCTION begin(atomic int) AS 'x';SELECT 1;",
           "S1:CREATE FUNCTION begin(atomic int) AS 'x';|S1:SELECT 1;");
    expect("CREATE FUNCTION \"begin\" atomic;SELECT 1;",
           "S1:CREATE FUNCTION \"begin\" atomic;|S1:SELECT 1;");
    expect("BEGIN; COMMIT;CREATE TABLE begin atomic;",
           "S1:BEGIN;|S1:COMMIT;|S1:CREATE TABLE begin atomic;");
}

Test(sql, variables_of_psql_are_text)
{
    expect("SELECT a::int, b := :x, :'y', :\"z\";", "S1:SELECT a::int, b := :x, :'y', :\"z\";");
}

Test(sql, rows_follow_a_copy)
{
    expect("COPY public.t (a, b) FROM stdin;\n1\t\\N\n\\N\t2\n\\.\n\n\nSELECT 1;",
           "C1:COPY public.t (a, b) FROM stdin;|D1\t\\N\n\\N\t2\n|E|S7:SELECT 1;");
    expect("copy t from STDOUT; \t\n\\.\nSELECT 1;", "C1:copy t from STDOUT;|E|S3:SELECT 1;");
    expect("COPY t  FROM /* c */ stdin WITH (FORMAT text);\n\n\n\\.\n",
           "C1:COPY t  FROM /* c */ stdin WITH (FORMAT text);|D\n\n|E");
    expect("COPY t FROM stdin;\r\na\r\n\\.\r\nSELECT 1;",
           "C1:COPY t FROM stdin;|Da\r\n|E|S4:SELECT 1;");
}

Test(sql, a_copy_reaches_behind_its_rows_and_counts_them)
{
    const char text[] = "COPY t\nFROM stdin;\n1\n2\n\\.\nSELECT 1;";
    const uint8_t *data = (const uint8_t *)text;
    size_t length = strlen(text);
    gbn_sql_event event;
    gbn_sql *sql;

    cr_assert(eq(int, gbn_sql_new(1000, &sql, &err), GBN_OK));
    gbn_sql_set_part(sql, 10);
    do
        cr_assert(eq(int, gbn_sql_next(sql, &data, &length, &event, &err), GBN_OK));
    while (event.kind != GBN_SQL_COPY_END);
    cr_assert(eq(u64, event.from, 0));
    cr_assert(eq(u64, event.to, strlen(text) - strlen("SELECT 1;")));
    cr_assert(eq(u64, event.rows, 2));
    cr_assert(eq(u64, event.line, 14));
    cr_assert(eq(int, gbn_sql_next(sql, &data, &length, &event, &err), GBN_OK));
    cr_assert(eq(u64, event.line, 15));
    cr_assert(eq(int, gbn_sql_finish(sql, &err), GBN_OK));
    gbn_sql_free(sql);
}

Test(sql, only_a_line_of_its_own_ends_the_rows)
{
    expect("COPY t FROM stdin;\n\\.x\n\\\n\\.\rx\na\\.\n\\..\n\\.\\.\n\\\\.\n\\.\n",
           "C1:COPY t FROM stdin;|D\\.x\n\\\n\\.\rx\na\\.\n\\..\n\\.\\.\n\\\\.\n|E");
    expect("COPY t FROM stdin;\nSELECT 1;\n\\! touch x\n\\.\n",
           "C1:COPY t FROM stdin;|DSELECT 1;\n\\! touch x\n|E");
}

Test(sql, what_only_looks_like_a_copy_is_a_statement)
{
    expect("COPY t FROM 'stdin';COPY t TO stdout;COPY (SELECT 1 FROM stdin) TO stdout;",
           "S1:COPY t FROM 'stdin';|S1:COPY t TO stdout;|S1:COPY (SELECT 1 FROM stdin) TO stdout;");
    expect("SELECT copy FROM stdin;COPY \"from\" stdin;COPY t FROM \"stdin\";COPY s.from stdin;",
           "S1:SELECT copy FROM stdin;|S1:COPY \"from\" stdin;|S1:COPY t FROM \"stdin\";"
           "|S1:COPY s.from stdin;");
}

Test(sql, restrictions_are_skipped)
{
    expect("\\restrict aB3\nSELECT 1;\n\\unrestrict aB3\n", "S2:SELECT 1;");
    expect("\\restrict aB3\r\n\\unrestrict x\r", "");
    expect_of(TRAILER "\\unrestrict aB3", strlen(TRAILER) + 15, GBN_OK, "");
}

Test(sql, commands_of_psql_are_refused)
{
    expect_refusal("SELECT 1;\n\\! touch x\n", "S1:SELECT 1;",
                   "read SQL: line 2: a command for psql: \\! touch x");
    expect_refusal("\\restrict a\n\\unrestrict a\n\\i /etc/passwd\n", "",
                   "read SQL: line 3: a command for psql: \\i /etc/passwd");
    expect_refusal("\\o |x\n", "", "read SQL: line 1: a command for psql: \\o |x");
    expect_refusal(
        "\\copy t from program 'a very long command that goes on'\n", "",
        "read SQL: line 1: a command for psql: \\copy t from program 'a very long comman");
    expect_refusal("\\.\n", "", "read SQL: line 1: a command for psql: \\.");
    expect_refusal("\\connect x\n", "", "read SQL: line 1: a command for psql: \\connect x");
}

Test(sql, no_command_hides_behind_a_restriction)
{
    expect_refusal("\\restrict a \\! b\n", "",
                   "read SQL: line 1: a command for psql: \\restrict a \\! b");
    expect_refusal("\\unrestrict\n", "", "read SQL: line 1: a command for psql: \\unrestrict");
    expect_refusal("\\restrict \n", "", "read SQL: line 1: a command for psql: \\restrict ");
    expect_refusal("\\restrict a\rb\n", "", "read SQL: line 1: a command for psql: \\restrict a?b");
    expect_refusal("\\unrestrict \xc3\xa4\n", "",
                   "read SQL: line 1: a command for psql: \\unrestrict ??");
}

Test(sql, a_backslash_anywhere_else_is_refused)
{
    static char MESSAGE[] = "read SQL: line 2: a backslash outside of quotes: a command for psql";

    expect_refusal("SELECT 1\n\\! touch x\n", "", MESSAGE);
    expect_refusal("\n \\! touch x\n", "", MESSAGE);
    expect_refusal("SELECT 1;\nSELECT 2;\\! touch x\n", "S1:SELECT 1;|S2:SELECT 2;", MESSAGE);
    expect_refusal("\n/* c */\\! touch x\n", "", MESSAGE);
    expect_refusal("\n-- c\r\\! touch x\n", "", MESSAGE);
}

Test(sql, nothing_but_the_rows_stands_behind_a_copy)
{
    expect_refusal("COPY t FROM stdin; \\! touch x\n\\.\n", "C1:COPY t FROM stdin;",
                   "read SQL: line 1: more text behind COPY ... FROM stdin");
    expect_refusal("COPY t FROM stdin; SELECT 1;\n\\.\n", "C1:COPY t FROM stdin;",
                   "read SQL: line 1: more text behind COPY ... FROM stdin");
}

Test(sql, zero_bytes_are_refused_in_statements_and_passed_on_in_rows)
{
    static const char ROWS[] = "COPY t FROM stdin;\na\0b\n\\.\n" TRAILER;
    static const char *const TEXTS[] = {"SELECT \0;", "SELECT ';\0", "SELECT \";\0", "SELECT $$\0",
                                        "SELECT E'\\\0"};
    static const size_t LENGTHS[] = {8, 10, 10, 10, 11};
    gbn_bytes out = GBN_BYTES_INIT;

    for (size_t i = 0; i < 5; i++)
        expect_of(TEXTS[i], LENGTHS[i], GBN_ERR_FORMAT, "");
    cr_assert(eq(str, err.message, "read SQL: line 1: a zero byte in a statement"));
    cr_assert(eq(int, transcribe(ROWS, sizeof ROWS - 1, 20, 1, &out), GBN_OK));
    cr_assert(eq(int, memcmp(out.data, "C1:COPY t FROM stdin;|Da\0b\n|E", 30), 0));
    gbn_bytes_free(&out);
}

Test(sql, a_text_that_ends_early_is_refused)
{
    expect_refusal("\n-- PostgreSQL database dump\nSELECT 1;\n", "S3:SELECT 1;",
                   "read SQL: it ends in line 4 without pg_dump's last line");
    expect_refusal("SELECT 1;\nSELECT 'a;\n", "S1:SELECT 1;",
                   "read SQL: it ends amid the statement that begins in line 2");
    expect_refusal("SELECT 1;\n/* a;", "S1:SELECT 1;",
                   "read SQL: it ends amid the statement that begins in line 2");
    expect_refusal("COPY t FROM stdin;\na\n\\.", "C1:COPY t FROM stdin;|Da\n",
                   "read SQL: it ends amid the rows of the COPY in line 1");
    expect_refusal("COPY t FROM stdin;", "C1:COPY t FROM stdin;",
                   "read SQL: it ends amid the rows of the COPY in line 1");
    expect_refusal("SELECT 1", "", "read SQL: it ends amid the statement that begins in line 1");
    expect_refusal("\n\\restrict", "", "read SQL: line 2: a command for psql: \\restrict");
}

Test(sql, the_last_line_counts_only_at_the_end_and_on_its_own)
{
    expect_refusal(TRAILER "SELECT 1;\n", "S5:SELECT 1;",
                   "read SQL: it ends in line 6 without pg_dump's last line");
    expect_refusal("SELECT '\n" TRAILER "';\n", "S1:SELECT '\n" TRAILER "';",
                   "read SQL: it ends in line 7 without pg_dump's last line");
    expect_refusal("SELECT 1\n" TRAILER ";\n", "S1:SELECT 1\n" TRAILER ";",
                   "read SQL: it ends in line 7 without pg_dump's last line");
    expect_refusal("COPY t FROM stdin;\n" TRAILER "\\.\n", "C1:COPY t FROM stdin;|D" TRAILER "|E",
                   "read SQL: it ends in line 7 without pg_dump's last line");
    expect_refusal("-- PostgreSQL database dump complete x\n", "",
                   "read SQL: it ends in line 2 without pg_dump's last line");
    expect("-- PostgreSQL database dump complete\r\nSELECT 1;", "S2:SELECT 1;");
}

Test(sql, encodings_whose_characters_hide_quotes_are_refused)
{
    expect_refusal("SET client_encoding = 'SJIS';", "",
                   "read SQL: line 1: text in the encoding sjis cannot be taken apart: dump with "
                   "--encoding=UTF8");
    expect_refusal(
        "SET NAMES 'Shift_JIS-2004';", "",
        "read SQL: line 1: text in the encoding shiftjis2004 cannot be taken apart: dump "
        "with --encoding=UTF8");
    expect("SET client_encoding = 'UTF8';SET client_encoding TO euc_jp;",
           "S1:SET client_encoding = 'UTF8';|S1:SET client_encoding TO euc_jp;");
    cr_assert(not(gbn_sql_is_safe_encoding("GB18030", 7)));
    cr_assert(gbn_sql_is_safe_encoding("LATIN1", 6));
}

Test(sql, a_statement_may_be_as_long_as_the_limit)
{
    const char *text = "SELECT 12345;";

    for (size_t piece = 1; piece <= 13; piece++) {
        for (size_t limit = 11; limit <= 13; limit++) {
            const uint8_t *data = (const uint8_t *)text;
            gbn_status rc = GBN_AGAIN;
            gbn_sql_event event;
            gbn_sql *sql;

            cr_assert(eq(int, gbn_sql_new(limit, &sql, &err), GBN_OK));
            for (size_t done = 0; done < 13 && rc == GBN_AGAIN; done += piece) {
                size_t length = 13 - done < piece ? 13 - done : piece;

                rc = gbn_sql_next(sql, &data, &length, &event, &err);
            }
            cr_assert(eq(int, rc, limit < 13 ? GBN_ERR_LIMIT : GBN_OK));
            gbn_sql_free(sql);
        }
    }
    cr_assert(eq(str, err.message, "read SQL: the statement in line 1 has more than 12 bytes"));
}

/* Not sense, but every seam between two states that there is. */
Test(sql, any_text_is_the_same_in_any_pieces)
{
    static const char *const BITS[] = {
        "'",        "\"",     "$",       "$a$",   "$$",    "a",
        "E'",       "U&",     "\\",      "\n",    "--",    "/*",
        "*/",       "-",      "/",       ";",     "(",     ")",
        ".",        " ",      "1",       "COPY ", "FROM ", "stdin",
        ";\n\\.\n", "BEGIN ", "ATOMIC ", "END",   "\r",    "CREATE FUNCTION ",
    };
    gbn_bytes text = GBN_BYTES_INIT, whole = GBN_BYTES_INIT, cut = GBN_BYTES_INIT;
    uint64_t random = 1;

    for (int round = 0; round < 20000; round++) {
        gbn_status rc;

        gbn_bytes_clear(&text);
        for (int i = 0; i < 12; i++) {
            const char *bit;

            random = random * 6364136223846793005U + 1442695040888963407U;
            bit = BITS[(random >> 33) % (sizeof BITS / sizeof BITS[0])];
            gbn_bytes_append(&text, bit, strlen(bit), NULL);
        }
        rc = transcribe((char *)text.data, text.length, text.length, 1, &whole);
        cr_assert(eq(int, transcribe((char *)text.data, text.length, 1, 1, &cut), rc));
        cr_assert(eq(sz, cut.length, whole.length));
        cr_assert(eq(int, memcmp(cut.data, whole.data, whole.length), 0));
    }
    gbn_bytes_free(&text);
    gbn_bytes_free(&whole);
    gbn_bytes_free(&cut);
}

Test(sql, rows_are_not_copied)
{
    static const char TEXT[] = "COPY t FROM stdin;\n1\n2\n\\N\n\\.\n";
    const uint8_t *data = (const uint8_t *)TEXT;
    size_t length = strlen(TEXT);
    gbn_sql_event event;
    gbn_sql *sql;

    cr_assert(eq(int, gbn_sql_new(100, &sql, &err), GBN_OK));
    cr_assert(eq(int, gbn_sql_next(sql, &data, &length, &event, &err), GBN_OK));
    cr_assert(eq(int, gbn_sql_next(sql, &data, &length, &event, &err), GBN_OK));
    cr_assert(eq(ptr, (void *)(uintptr_t)event.data, (void *)(uintptr_t)(TEXT + 19)));
    cr_assert(eq(sz, event.length, 7));
    gbn_sql_free(sql);
    gbn_sql_free(NULL);
}
