-- What pg_dump writes and nobody can load: its schema is an extension's, it is not.
CREATE SCHEMA of_extension;
ALTER EXTENSION amcheck ADD SCHEMA of_extension;
CREATE TABLE of_extension.own (id serial, t text);
INSERT INTO of_extension.own (t) VALUES ('dumped');
