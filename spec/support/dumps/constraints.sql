-- Constraints and indexes, in cycles, not valid, deferred, attached.
CREATE SCHEMA constraints;
SET search_path = constraints, public;
CREATE TABLE a (id int PRIMARY KEY, b int, self int REFERENCES a ON DELETE CASCADE);
CREATE TABLE b (id int PRIMARY KEY, c int);
CREATE TABLE c (id int PRIMARY KEY, a int REFERENCES a (id) MATCH FULL ON UPDATE SET NULL DEFERRABLE INITIALLY DEFERRED);
ALTER TABLE a ADD CONSTRAINT a_b FOREIGN KEY (b) REFERENCES b DEFERRABLE;
ALTER TABLE b ADD CONSTRAINT b_c FOREIGN KEY (c) REFERENCES c NOT VALID;
COMMENT ON CONSTRAINT a_b ON a IS 'a foreign key';
COMMENT ON CONSTRAINT a_pkey ON a IS 'a primary key';
INSERT INTO a VALUES (1, NULL, 1), (2, NULL, 1);
INSERT INTO c VALUES (1, 1);
INSERT INTO b VALUES (1, 1);
UPDATE a SET b = 1;
CREATE TABLE checks (id int CONSTRAINT positive CHECK (id > 0), t text, CONSTRAINT not_inherited CHECK (t <> '') NO INHERIT);
ALTER TABLE checks ADD CONSTRAINT not_valid CHECK (id < 10) NOT VALID;
COMMENT ON CONSTRAINT positive ON checks IS 'E''--''';
INSERT INTO checks VALUES (1, 'x');
CREATE TABLE keys (id int, k text, v text, during tstzrange, vector int[], UNIQUE NULLS NOT DISTINCT (k), UNIQUE (id) INCLUDE (v), EXCLUDE USING gist (k WITH =, during WITH &&) WHERE (id > 0) DEFERRABLE);
CREATE INDEX keys_partial ON keys (k) WHERE v IS NOT NULL AND k <> ';';
CREATE INDEX keys_expression ON keys (lower(k) DESC NULLS LAST, (id + 1)) WITH (fillfactor = 50);
CREATE INDEX keys_gin ON keys USING gin (vector);
CREATE INDEX keys_trigram ON keys USING gist (v public.gist_trgm_ops);
CREATE INDEX keys_brin ON keys USING brin (id) WITH (pages_per_range = 4);
CREATE INDEX keys_hash ON keys USING hash (v);
CREATE INDEX keys_collated ON keys (v COLLATE "C" text_pattern_ops);
ALTER INDEX keys_expression ALTER COLUMN 2 SET STATISTICS 77;
COMMENT ON INDEX keys_gin IS 'an index';
INSERT INTO keys SELECT i, 'k' || i, 'v', tstzrange(now(), 'infinity'), ARRAY[i] FROM generate_series(1, 10) i;
-- What a CREATE INDEX CONCURRENTLY that failed leaves behind.
CREATE TABLE doubled (id int);
INSERT INTO doubled VALUES (1), (1);
\set ON_ERROR_STOP 0
\set VERBOSITY sqlstate
CREATE UNIQUE INDEX CONCURRENTLY doubled_invalid ON doubled (id);
\set ON_ERROR_STOP 1
\set VERBOSITY default
CREATE TABLE parted (id int, k int, PRIMARY KEY (id, k)) PARTITION BY LIST (k);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES IN (1) PARTITION BY LIST (id);
CREATE TABLE parted_1_1 PARTITION OF parted_1 FOR VALUES IN (1);
CREATE TABLE parted_2 (id int NOT NULL, k int NOT NULL, PRIMARY KEY (id, k));
CREATE UNIQUE INDEX parted_2_own ON parted_2 (id);
ALTER TABLE parted ATTACH PARTITION parted_2 FOR VALUES IN (2);
CREATE INDEX parted_k ON ONLY parted (k);
CREATE INDEX parted_2_k ON parted_2 (k);
ALTER INDEX parted_k ATTACH PARTITION parted_2_k;
INSERT INTO parted VALUES (1, 1), (2, 2);
CREATE TABLE refers (id int, k int, FOREIGN KEY (id, k) REFERENCES parted);
INSERT INTO refers VALUES (1, 1);
CREATE STATISTICS several (ndistinct, dependencies, mcv) ON id, k FROM refers;
CREATE STATISTICS expressed ON (id + k), (id % 2) FROM refers;
ALTER STATISTICS several SET STATISTICS 50;
COMMENT ON STATISTICS several IS 'statistics';
ALTER TABLE keys ALTER k SET STATISTICS 500, ALTER v SET (n_distinct = 3);
CREATE TABLE in_tablespace (id int PRIMARY KEY USING INDEX TABLESPACE gbn_space, t text) TABLESPACE gbn_space;
INSERT INTO in_tablespace VALUES (1, 'x');
CREATE INDEX aaa_first_index ON a (b) TABLESPACE gbn_space;
CREATE TABLE zz_last_in_tablespace (id int) TABLESPACE gbn_space;
RESET search_path;
