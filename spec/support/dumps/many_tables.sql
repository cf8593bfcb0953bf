-- A schema of GitLab's size: 1,500 tables, 300 of them partitions, 4,000 indexes, foreign keys, sequences, some views.
CREATE SCHEMA gitlab_partitions_dynamic;
SELECT format('CREATE TABLE table_%s (id bigserial PRIMARY KEY, owner_id bigint NOT NULL DEFAULT 0, name text, created_at timestamptz DEFAULT now() NOT NULL, state smallint DEFAULT 0, note text, payload jsonb, CONSTRAINT check_%s CHECK (char_length(name) <= 255))', i, i) FROM generate_series(1, 1190) i \gexec
SELECT format('CREATE TABLE parted_%s (id bigint NOT NULL, at date NOT NULL, name text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at)', i) FROM generate_series(1, 10) i \gexec
SELECT format('CREATE TABLE gitlab_partitions_dynamic.parted_%s_%s PARTITION OF parted_%s FOR VALUES FROM (%L) TO (%L)', i, k, i, date '2024-01-01' + k, date '2024-01-01' + k + 1) FROM generate_series(1, 10) i, generate_series(1, 30) k \gexec
SELECT format('CREATE INDEX ON table_%s (owner_id, created_at DESC)', i) FROM generate_series(1, 1190) i \gexec
SELECT format('CREATE INDEX ON table_%s (lower(name)) WHERE state = 1', i) FROM generate_series(1, 1190) i \gexec
SELECT format('CREATE INDEX ON table_%s USING gin (payload)', i) FROM generate_series(1, 120) i \gexec
SELECT format('COMMENT ON TABLE table_%s IS %L', i, 'of number ' || i) FROM generate_series(1, 300) i \gexec
SELECT format('CREATE VIEW view_%s AS SELECT id, name FROM table_%s', i, i) FROM generate_series(1, 40) i \gexec
SELECT format('CREATE MATERIALIZED VIEW filled_%s AS SELECT * FROM view_%s', i, i) FROM generate_series(1, 40) i \gexec
SELECT format('INSERT INTO table_%s (name) SELECT %L || n FROM generate_series(1, 20) n', i, 'n') FROM generate_series(1, 1190) i \gexec
SELECT format('INSERT INTO parted_%s SELECT n, date %L + n FROM generate_series(1, 30) n', i, '2024-01-01') FROM generate_series(1, 10) i \gexec
SELECT format('ALTER TABLE table_%s ADD CONSTRAINT fk_%s FOREIGN KEY (owner_id) REFERENCES table_%s ON DELETE CASCADE NOT VALID', i, i, 1 + i / 10) FROM generate_series(1, 1190) i \gexec
