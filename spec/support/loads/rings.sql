-- Tables that refer to each other all around, partitions of partitions with indexes on each level, what belongs to an index.
SELECT format('CREATE TABLE ring_%s (id int PRIMARY KEY, next int, other int)', i) FROM generate_series(0, 11) i \gexec
SELECT format('INSERT INTO ring_%s SELECT n, n, n FROM generate_series(1, 500) n', i) FROM generate_series(0, 11) i \gexec
SELECT format('ALTER TABLE ring_%s ADD FOREIGN KEY (next) REFERENCES ring_%s', i, (i + 1) % 12) FROM generate_series(0, 11) i \gexec
SELECT format('ALTER TABLE ring_%s ADD FOREIGN KEY (other) REFERENCES ring_%s', i, (i + 11) % 12) FROM generate_series(0, 11) i \gexec
CREATE TABLE parted (id int, at int, ring int REFERENCES ring_0, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
SELECT format('CREATE TABLE parted_%s PARTITION OF parted FOR VALUES FROM (%s) TO (%s) PARTITION BY LIST (id)', i, i, i + 1) FROM generate_series(0, 7) i \gexec
SELECT format('CREATE TABLE parted_%s_%s PARTITION OF parted_%s FOR VALUES IN (%s)', i, j, i, j) FROM generate_series(0, 7) i, generate_series(0, 2) j \gexec
INSERT INTO parted SELECT j, i, 1 + i FROM generate_series(0, 7) i, generate_series(0, 2) j;
CREATE INDEX ON parted (ring);
CREATE INDEX ON parted (at, ring);
CREATE TABLE refers (id serial PRIMARY KEY, a int, b int, FOREIGN KEY (a, b) REFERENCES parted);
INSERT INTO refers (a, b) SELECT id, at FROM parted;
ALTER TABLE parted ADD refers int;
ALTER TABLE parted ADD FOREIGN KEY (refers) REFERENCES refers;
ALTER TABLE ring_3 CLUSTER ON ring_3_pkey;
ALTER TABLE ring_4 REPLICA IDENTITY USING INDEX ring_4_pkey;
CREATE INDEX hot ON ring_5 ((id % 7));
ALTER INDEX hot ALTER 1 SET STATISTICS 7;
COMMENT ON INDEX hot IS 'a;b';
COMMENT ON CONSTRAINT ring_6_pkey ON ring_6 IS 'x';
