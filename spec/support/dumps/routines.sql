-- What runs: functions, triggers, rules, operators and the like.
CREATE SCHEMA routines;
SET search_path = routines, public;
CREATE TABLE watched (id int PRIMARY KEY, t text);
INSERT INTO watched VALUES (1, 'x');
CREATE FUNCTION fakes() RETURNS text LANGUAGE sql AS $fake$
SELECT '
--
-- Name: fake; Type: INDEX; Schema: public; Owner: postgres
--

CREATE INDEX fake ON x (y);


--
-- Data for Name: fake; Type: TABLE; Schema: public; Owner: postgres
--

COPY public.fake (id) FROM stdin;
1
\.


--
-- PostgreSQL database dump complete
--

$$ $a$ SET row_security = off;

'
$fake$;
CREATE FUNCTION "begin"() RETURNS int LANGUAGE sql RETURN 1;
CREATE FUNCTION "end"(a int DEFAULT 1, VARIADIC b text[] DEFAULT '{}') RETURNS TABLE (x int, y text) LANGUAGE sql STABLE STRICT PARALLEL SAFE COST 7 ROWS 3 SET search_path = '' AS 'SELECT 1, ''it''''s''';
CREATE FUNCTION cases(i int) RETURNS text LANGUAGE sql BEGIN ATOMIC SELECT CASE WHEN i > 0 THEN CASE i WHEN 1 THEN 'one' END ELSE ';' END; SELECT 'end'; END;
CREATE PROCEDURE with_out(IN a int, OUT b int, INOUT c text) LANGUAGE plpgsql AS $_$ BEGIN b := a; COMMIT; END $_$;
CREATE FUNCTION windowed() RETURNS int LANGUAGE internal WINDOW AS 'window_row_number';
CREATE FUNCTION changed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER LEAKPROOF AS $$BEGIN RETURN NULL; END$$;
CREATE TRIGGER after_insert AFTER INSERT ON watched REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION changed();
CREATE TRIGGER "When; it's" BEFORE UPDATE OF t ON watched FOR EACH ROW WHEN (OLD.t IS DISTINCT FROM NEW.t) EXECUTE FUNCTION changed('arg', E'a\\b');
CREATE CONSTRAINT TRIGGER deferred_one AFTER DELETE ON watched DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION changed();
ALTER TABLE watched DISABLE TRIGGER after_insert;
ALTER TABLE watched ENABLE ALWAYS TRIGGER deferred_one;
COMMENT ON TRIGGER deferred_one ON watched IS 'a trigger';
CREATE VIEW watched_view AS SELECT * FROM watched;
CREATE TRIGGER instead INSTEAD OF INSERT ON watched_view FOR EACH ROW EXECUTE FUNCTION changed();
CREATE RULE several AS ON DELETE TO watched_view DO INSTEAD (DELETE FROM watched WHERE id = OLD.id; NOTIFY gone; SELECT ';');
COMMENT ON RULE several ON watched_view IS 'a rule';
CREATE RULE nothing AS ON UPDATE TO watched WHERE NEW.id < 0 DO INSTEAD NOTHING;
ALTER TABLE watched DISABLE RULE nothing;
CREATE FUNCTION on_drop() RETURNS event_trigger LANGUAGE plpgsql AS $$BEGIN NULL; END$$;
CREATE EVENT TRIGGER disabled_one ON sql_drop WHEN TAG IN ('DROP TABLE', 'DROP VIEW') EXECUTE FUNCTION on_drop();
ALTER EVENT TRIGGER disabled_one DISABLE;
COMMENT ON EVENT TRIGGER disabled_one IS 'an event trigger';
CREATE AGGREGATE longest (text) (sfunc = text_larger, stype = text, combinefunc = text_larger, parallel = safe, sortop = >);
CREATE AGGREGATE share (float8 ORDER BY anyelement) (sfunc = ordered_set_transition, stype = internal, finalfunc = percentile_disc_final, finalfunc_extra);
CREATE FUNCTION same_mood(public.mood, public.mood) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT $1::text = $2::text';
CREATE OPERATOR === (LEFTARG = public.mood, RIGHTARG = public.mood, FUNCTION = same_mood, COMMUTATOR = ===, RESTRICT = eqsel, JOIN = eqjoinsel);
CREATE OPERATOR !! (RIGHTARG = int, FUNCTION = int4um);
COMMENT ON OPERATOR !! (NONE, int) IS 'an operator';
CREATE OPERATOR FAMILY family USING btree;
CREATE OPERATOR CLASS backwards FOR TYPE int USING btree FAMILY family AS OPERATOR 1 >, OPERATOR 2 >=, OPERATOR 3 =, OPERATOR 4 <=, OPERATOR 5 <, FUNCTION 1 btint4cmp(int, int);
ALTER OPERATOR FAMILY family USING btree ADD OPERATOR 3 = (int, bigint), FUNCTION 1 (int, bigint) btint48cmp(int, bigint);
CREATE FUNCTION mood_number(public.mood) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1';
CREATE CAST (public.mood AS int) WITH FUNCTION mood_number(public.mood) AS ASSIGNMENT;
CREATE CAST (text AS public.mood) WITH INOUT AS IMPLICIT;
COMMENT ON CAST (text AS public.mood) IS 'a cast';
CREATE COLLATION numeric_order (provider = icu, locale = 'en-u-kn-true', deterministic = false);
CREATE COLLATION copied FROM "C";
CREATE TABLE collated (t text COLLATE numeric_order, c text COLLATE "C");
INSERT INTO collated VALUES ('a10', 'b'), ('a9', 'B');
CREATE CONVERSION to_latin FOR 'UTF8' TO 'LATIN1' FROM utf8_to_iso8859_1;
CREATE TEXT SEARCH TEMPLATE own_template (INIT = dsimple_init, LEXIZE = dsimple_lexize);
CREATE TEXT SEARCH PARSER own_parser (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype, HEADLINE = prsd_headline);
CREATE TEXT SEARCH DICTIONARY own_words (TEMPLATE = simple, STOPWORDS = english, ACCEPT = false);
CREATE TEXT SEARCH CONFIGURATION own_search (PARSER = own_parser);
ALTER TEXT SEARCH CONFIGURATION own_search ADD MAPPING FOR asciiword, word WITH own_words, english_stem;
COMMENT ON TEXT SEARCH CONFIGURATION own_search IS 'a search';
CREATE TYPE shell;
CREATE TYPE text_like;
CREATE FUNCTION text_like_in(cstring) RETURNS text_like LANGUAGE internal IMMUTABLE STRICT AS 'textin';
CREATE FUNCTION text_like_out(text_like) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout';
CREATE TYPE text_like (INPUT = text_like_in, OUTPUT = text_like_out, LIKE = text, CATEGORY = 'S', DELIMITER = '/');
CREATE TABLE text_likes (t text_like, a text_like[]);
INSERT INTO text_likes VALUES (E'a\tb\\', '{a/"b/c"}');
CREATE DOMAIN checked AS text CONSTRAINT is_short CHECK (length(VALUE) < 10);
ALTER DOMAIN checked ADD CONSTRAINT later CHECK (VALUE <> '') NOT VALID;
COMMENT ON DOMAIN checked IS 'a domain';
CREATE TRUSTED LANGUAGE another HANDLER plpgsql_call_handler INLINE plpgsql_inline_handler VALIDATOR plpgsql_validator;
RESET search_path;
