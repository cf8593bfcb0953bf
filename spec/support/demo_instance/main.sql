-- The part of GitLab's main database a backup looks at, and enough of other kinds of objects
-- (partitions, triggers, arrays, large values) for a dump to be worth its name.
CREATE SCHEMA gitlab_partitions_dynamic;

CREATE TABLE schema_migrations (version character varying NOT NULL PRIMARY KEY);

CREATE TABLE namespaces (
    id bigserial PRIMARY KEY,
    name character varying NOT NULL,
    path character varying NOT NULL,
    type character varying DEFAULT 'User' NOT NULL,
    parent_id bigint REFERENCES namespaces (id),
    traversal_ids bigint[] DEFAULT '{}' NOT NULL
);

CREATE TABLE projects (
    id bigserial PRIMARY KEY,
    name character varying,
    path character varying,
    namespace_id bigint NOT NULL REFERENCES namespaces (id),
    repository_storage character varying DEFAULT 'default' NOT NULL,
    storage_version smallint DEFAULT 2,
    pending_delete boolean DEFAULT false,
    created_at timestamp without time zone
);

CREATE TABLE routes (
    id bigserial PRIMARY KEY,
    source_id bigint NOT NULL,
    source_type character varying NOT NULL,
    path character varying NOT NULL,
    name character varying,
    namespace_id bigint NOT NULL
);
CREATE UNIQUE INDEX index_routes_on_path ON routes USING btree (path);
CREATE UNIQUE INDEX index_routes_on_source_type_and_source_id ON routes USING btree (source_type, source_id);

CREATE TABLE shards (id serial PRIMARY KEY, name character varying NOT NULL);

CREATE TABLE snippets (
    id bigserial PRIMARY KEY,
    title character varying,
    content text,
    type character varying,
    project_id bigint REFERENCES projects (id),
    author_id bigint NOT NULL
);

CREATE TABLE snippet_repositories (
    snippet_id bigint PRIMARY KEY REFERENCES snippets (id),
    shard_id bigint NOT NULL REFERENCES shards (id),
    disk_path character varying(80) NOT NULL UNIQUE
);

CREATE TABLE group_wiki_repositories (
    group_id bigint PRIMARY KEY REFERENCES namespaces (id),
    shard_id bigint NOT NULL REFERENCES shards (id),
    disk_path character varying(80) NOT NULL UNIQUE
);

CREATE TABLE design_management_repositories (
    id bigserial PRIMARY KEY,
    project_id bigint NOT NULL UNIQUE REFERENCES projects (id),
    namespace_id bigint
);

CREATE TABLE uploads (
    id bigserial PRIMARY KEY,
    size bigint NOT NULL,
    path character varying(511) NOT NULL,
    checksum character varying(64),
    store integer DEFAULT 1,
    created_at timestamp without time zone
);

CREATE TABLE issues (
    id bigserial PRIMARY KEY,
    project_id bigint REFERENCES projects (id),
    title character varying,
    description text,
    labels jsonb DEFAULT '[]' NOT NULL,
    encrypted_token bytea,
    weight numeric(10, 2),
    updated_at timestamp with time zone
);

CREATE TABLE audit_events (
    id bigserial,
    author_id bigint NOT NULL,
    details text,
    created_at timestamp without time zone NOT NULL,
    PRIMARY KEY (id, created_at)
) PARTITION BY RANGE (created_at);
CREATE TABLE gitlab_partitions_dynamic.audit_events_202601
    PARTITION OF audit_events FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
CREATE TABLE gitlab_partitions_dynamic.audit_events_202602
    PARTITION OF audit_events FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');

CREATE FUNCTION touch_issue() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.updated_at := coalesce(NEW.updated_at, '2026-01-01 00:00:00+00');
  RETURN NEW;
END
$$;
CREATE TRIGGER trigger_touch_issue BEFORE INSERT ON issues FOR EACH ROW EXECUTE FUNCTION touch_issue();

CREATE VIEW project_routes_view AS
  SELECT p.id, p.repository_storage, r.path AS path_with_namespace, r.name AS name_with_namespace
  FROM projects p
  JOIN routes r ON p.id = r.source_id AND r.source_type = 'Project';

CREATE VIEW project_design_management_routes_view AS
  SELECT p.id, p.repository_storage, r.path AS path_with_namespace, r.name AS name_with_namespace
  FROM design_management_repositories dr
  JOIN projects p ON dr.project_id = p.id
  JOIN routes r ON p.id = r.source_id AND r.source_type = 'Project';

CREATE VIEW group_wikis_routes_view AS
  SELECT gr.group_id, sh.name AS repository_storage, gr.disk_path, r.path AS path_with_namespace,
         r.name AS name_with_namespace
  FROM group_wiki_repositories gr
  JOIN routes r ON r.source_id = gr.group_id AND r.source_type = 'Namespace'
  JOIN shards sh ON gr.shard_id = sh.id;

CREATE VIEW project_snippets_routes_view AS
  SELECT sn.id, sh.name AS repository_storage, sr.disk_path, r.path AS path_with_namespace,
         r.name AS name_with_namespace
  FROM snippets sn
  JOIN snippet_repositories sr ON sn.id = sr.snippet_id AND sn.type = 'ProjectSnippet'
  JOIN shards sh ON sr.shard_id = sh.id
  JOIN routes r ON r.source_id = sn.project_id AND r.source_type = 'Project';

CREATE VIEW personal_snippets_view AS
  SELECT sn.id, sh.name AS repository_storage, sr.disk_path
  FROM snippets sn
  JOIN snippet_repositories sr ON sn.id = sr.snippet_id AND sn.type = 'PersonalSnippet'
  JOIN shards sh ON sr.shard_id = sh.id;

INSERT INTO schema_migrations VALUES ('20250901000000'), ('20251001123456'), ('20251120101010');
INSERT INTO shards (name) VALUES ('default');

INSERT INTO audit_events (author_id, details, created_at)
  SELECT i % 7, 'event ' || i, timestamp '2026-01-01' + i * interval '25 minutes' FROM generate_series(1, 3000) i;
