-- Values whose text is easy to get wrong.
CREATE SCHEMA "values";
SET search_path = "values", public;
-- Each byte a text can have: all below 0x80 at once and alone, the others in the characters that have them.
CREATE TABLE bytes (id int, t text);
INSERT INTO bytes SELECT 0, string_agg(chr(i), '' ORDER BY i) FROM generate_series(1, 127) i;
INSERT INTO bytes SELECT i, chr(i) FROM generate_series(1, 127) i;
INSERT INTO bytes SELECT i, chr(i) FROM generate_series(128, 55295, 61) i;
INSERT INTO bytes SELECT i, chr(i) FROM generate_series(57344, 1114111, 4999) i;
INSERT INTO bytes SELECT 2000000 + i, chr(194 + i) FROM generate_series(0, 700) i;
CREATE TABLE raw (b bytea);
INSERT INTO raw SELECT decode(lpad(to_hex(i), 2, '0'), 'hex') FROM generate_series(0, 255) i;
INSERT INTO raw SELECT string_agg(decode(lpad(to_hex(i), 2, '0'), 'hex'), '' ORDER BY i) FROM generate_series(0, 255) i;
CREATE TABLE marks (id int, t text, last text);
INSERT INTO marks VALUES (1, '\.', '\.'), (2, E'\n\\.\n', E'\\.\n'), (3, '\N', '\N'), (4, NULL, NULL), (5, '', ''), (6, 'x\', 'x\'),
  (7, E'\r\n', E'\r'), (8, E'a\tb', E'\t'), (9, E'\b\f\x0b', E'\x01'), (10, ' lead', 'trail '), (11, '\\', E'\n'), (12, '\t', '\n'),
  (13, E'\u2028\u00a0\ufeff', E'\U0001F468\u200D\U0001F469\u200D\U0001F467');
CREATE TABLE floats (f4 float4, f8 float8);
INSERT INTO floats VALUES ('NaN', 'NaN'), ('Infinity', '-Infinity'), ('-0', '-0'), (3.4028235e38, 1.7976931348623157e308), (1.4e-45, 4.9e-324),
  (1.17549435e-38, 2.2250738585072014e-308), (0.1, 0.1), (1e15, 1e15), (1e16, 123456789012345678), (0.3, 0.1 + 0.2::float8), (NULL, NULL);
CREATE TABLE numerics (n numeric, s numeric(20, 4), wide numeric);
INSERT INTO numerics VALUES ('NaN', 'NaN', 'Infinity'), (0.00, 0, '-Infinity'), (1e-16383, 1.5, 1e131071), (-0.0000001, -9999999999999999.9999, repeat('9', 300)::numeric);
CREATE TABLE times (ts timestamp, tz timestamptz, d date, t time, ttz timetz, iv interval);
INSERT INTO times VALUES ('-infinity', 'infinity', '-infinity', '24:00', '24:00+15:59', '-178000000 years'), ('4713-01-01 BC', '0001-01-01 00:00 BC', '5874897-12-31', '00:00:00.000001', '00:00-12', '1 mon -1 day 00:00:00.000001'),
  ('294276-12-31 23:59:59.999999', '1883-11-18 12:03:57+00', '0001-12-31 BC', '12:00', '12:00+05:30', '-1 year +2 mons -3 days +04:05:06'), ('2026-03-29 02:30', '2026-10-25 02:30 Europe/Berlin', '2026-02-28', NULL, NULL, '0');
CREATE TYPE nested AS (id int, inner_pair public.pair, many public.pair[]);
CREATE DOMAIN short AS varchar(5) CHECK (VALUE <> 'never') NOT NULL DEFAULT 'x';
CREATE TYPE int_range AS RANGE (subtype = int4, multirange_type_name = int_ranges);
CREATE TABLE composed (n nested, a public.pair[], s short, r int_range, rs int_ranges, e public.mood[], m text[][], o int[]);
INSERT INTO composed VALUES ('(1,"(2,""a\\\\b"")","{""(3,\\""x y\\"")""}")', '{"(1,)","(,\"\")"}', 'abcde', '[1,5)', '{[1,2),[7,9)}', '{sad,NULL}', '{{"a\\b","{"},{NULL,""}}', '[-2:0]={1,2,3}'),
  (NULL, '{}', '', 'empty', '{}', '{}', '{}', NULL);
CREATE TABLE documents (j json, b jsonb, p jsonpath, x xml, v tsvector, q tsquery, h macaddr8, c cidr, l line, box box, pg pg_lsn, n name, ch "char", bits varbit);
INSERT INTO documents VALUES ('{"a" : 1,  "a":2, "\u0000": "\ud83d\ude00"}', '{"a": [1.10, null, "\"\\\n"], "z": {}}', '$.a[*] ? (@ > 1)', '<?xml version="1.0"?><a b="&quot;">x</a>', '''it''''s'':1A \\:2', '''a''&!''b'':*', '08:00:2b:01:02:03:04:05', '10/8',
  '{1,-1,0}', '(1,2),(3,4)', '16/B374D848', 'name', E'\x7f', B'1'), ('"\u00e9"', '"\u00e9"', NULL, 'plain &amp; text'::text::xml, '', '', NULL, '::/0', NULL, NULL, '0/0', '', '', B'');
CREATE TABLE moneys (m money);
INSERT INTO moneys VALUES ('-92233720368547758.08'), (0.05), (1234567.89);
CREATE TABLE ids (o oid, r regclass, p regprocedure, t regtype, x xid8, ti tid, ns regnamespace);
INSERT INTO ids VALUES (4294967295, 'pg_class', 'now()', 'int', '18446744073709551615', '(4294967295,65535)', '"values"');
-- As many columns as a table can have.
SELECT 'CREATE TABLE widest (' || string_agg(format('c%s %s', i, (ARRAY['int', 'text', 'bool'])[1 + i % 3]), ', ' ORDER BY i) || ')' FROM generate_series(1, 1600) i \gexec
INSERT INTO widest (c1, c3, c1599, c1600) VALUES ('first', 3, NULL, 'last'), (NULL, NULL, 1599, '');
-- Out of line: compressed, not compressed, kept in the row, and each in some kind of bulk.
CREATE TABLE stored (id int, extended text, external text, main text, plain text);
ALTER TABLE stored ALTER extended SET STORAGE EXTENDED, ALTER external SET STORAGE EXTERNAL, ALTER main SET STORAGE MAIN, ALTER plain SET STORAGE PLAIN;
INSERT INTO stored SELECT i, repeat(md5(i::text), 500 * (i % 7)), repeat(md5(i::text), 300), repeat('main', 900), repeat('p', 1000) FROM generate_series(1, 40) i;
CREATE TABLE lz (t text COMPRESSION pglz);
INSERT INTO lz VALUES (repeat('squeeze me ', 200000)), (NULL), (repeat('x', 2000));
-- One row of 20 MB among small ones.
CREATE TABLE tall (id int, t text, b bytea);
ALTER TABLE tall ALTER t SET STORAGE EXTERNAL, ALTER b SET STORAGE EXTERNAL;
INSERT INTO tall SELECT i, 'small', NULL FROM generate_series(1, 500) i;
INSERT INTO tall VALUES (501, repeat(E'0123456789\nabcde', 1000000), decode(repeat('00ff5c0a', 1000000), 'hex'));
INSERT INTO tall SELECT i, 'small', '\x00' FROM generate_series(502, 1000) i;
-- Rows of so much that one connection alone reads them, each in a block of its own.
CREATE TABLE wide (id int, filler text, t text);
ALTER TABLE wide ALTER filler SET STORAGE PLAIN, ALTER t SET STORAGE EXTERNAL;
INSERT INTO wide SELECT i, repeat('f', 6000), repeat(md5(i::text), 37000) FROM generate_series(1, 5) i;
RESET search_path;
