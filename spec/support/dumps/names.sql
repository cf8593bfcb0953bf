-- Names: whatever a quoted one may hold, and what pg_dump takes for its keywords.
CREATE SCHEMA names;
CREATE SCHEMA "Name: x; Type: TABLE; Schema: y; Owner: z";
CREATE SCHEMA "éa";
CREATE SCHEMA "Upper";
CREATE SCHEMA "select";
CREATE SCHEMA "line
feed";
CREATE TABLE "line
feed"."line
feed" ("line
feed" int, id serial);
INSERT INTO "line
feed"."line
feed" VALUES (1);
CREATE TABLE "Name: x; Type: TABLE; Schema: y; Owner: z"."Name: VIEW; Type: VIEW; Schema: -; Owner: " (id int);
SET search_path = names, public;
SELECT format('CREATE TABLE %I (%I int, id serial)', name, name), format('INSERT INTO %I VALUES (1), (2)', name)
FROM (VALUES (E'cr\rhere'), (E'cr\r\nlf'), (E'tab\there'), ('sp ace'), (' lead'), ('trail '), ('quote"s""'), ('it''s'), ('back\slash'), ('back\'), ('dol$lar'), ('$1'), ('1st'), ('dot.ted'),
  ('a;b'), ('--'), ('/*'), ('CamelCase'), ('größe'), ('Ünder'), ('😀'), ('''); DROP TABLE x; --'), ('_'), ('_a'), ('a'), ('A'), ('á'), ('z'), ('Z'), ('%s'), ('\.'), ('\N'), ('$$'), (':name'), (repeat('ü', 31) || 'x'), (repeat('x', 63))) v(name) \gexec
-- One table and one column for each keyword, of any category, and for some that later versions have.
SELECT format('CREATE TABLE %I (%I int)', word, word) FROM (SELECT word FROM pg_get_keywords() UNION VALUES ('json_table'), ('system_user'), ('merge_action'), ('json')) k ORDER BY word \gexec
INSERT INTO "select" VALUES (1);
INSERT INTO "between" VALUES (1);
INSERT INTO "abort" VALUES (1);
-- The same names in several schemas.
CREATE TABLE "Upper".a (id int);
CREATE TABLE "Upper"."Zed" (id int);
CREATE TABLE "éa".a (id int);
CREATE TABLE "select"."select" ("select" int);
INSERT INTO "Upper".a VALUES (1);
INSERT INTO "éa".a VALUES (2);
INSERT INTO "select"."select" VALUES (3);
RESET search_path;
