# frozen_string_literal: true

# What a dump may hold, each kind by name: the texts show that the database has it, and that both dumps do.
RSpec.describe Gitlab::Backup::Native::ParallelDump do
  include DumpPairs

  before(:context) do
    sample_database("gbn_cases", DumpSamples.sql(*DumpSamples::THEMES, "members"))
    @pair = pair_of("gbn_cases")
  end

  after(:context) { drop_sample_database("gbn_cases") }

  attr_reader :pair

  def data(table, columns, *rows)
    "COPY #{table} (#{columns}) FROM stdin;\n#{rows.map { |row| "#{row}\n" }.join}\\.\n\n\n"
  end

  def self.cases(cases)
    cases.each do |name, texts|
      it "writes #{name} as pg_dump does" do
        expect(Array(texts).reject { |text| pair.include?(text) }).to be_empty
      end
    end
  end

  it "writes all of it as pg_dump does, over several connections" do
    expect_parallel(pair, at_least: 3)
  end

  cases(
    "an empty table" => "COPY public.empty (id) FROM stdin;\n\\.\n\n\n--\n",
    "rows without columns" => "COPY public.columnless  FROM stdin;\n\n\n\\.\n",
    "rows of generated columns alone" => "COPY public.only_generated  FROM stdin;\n\n\\.\n",
    "rows whose columns are all dropped" => "COPY public.all_dropped  FROM stdin;\n\n\\.\n",
    "a column dropped in the middle, and one added" =>
      ["COPY tables.dropped_middle (a, d, e, f) FROM stdin;\n1\td1\t7\tadded\n", "\n501\td501\t7\tadded\n"],
    "a column dropped in front" => "COPY tables.dropped_first (b) FROM stdin;\n2\n\\.\n",
    "stored generated columns" => "COPY tables.generated_middle (a, b) FROM stdin;\n1\t1\n2\t2\n",
    "columns that come with an inheriting table" =>
      "COPY tables.both_parents (a, b, z, own, late) FROM stdin;\n2\t2\tz\t2\tx\n\\.\n",
    "inheritance, each row once" =>
      ["COPY tables.grandparent (a, b, late) FROM stdin;\n1\t1\tl\n\\.\n",
       "COPY tables.grandchild (a, b, z, own, deep, late) FROM stdin;\n3\t3\tz\t3\t3\ty\n\\.\n",
       "COPY public.parent (id) FROM stdin;\n1\n\\.\n"],
    "a typed table" => "COPY tables.typed (name, age) FROM stdin;\nx\t1\n\\.\n",
    "partitions of three levels, in another schema, of another order of columns" =>
      ["COPY gitlab_partitions_dynamic.events_202602 (kind, at, id) FROM stdin;\n",
       "COPY gitlab_partitions_dynamic.events_202603_a1 (id, at, kind) FROM stdin;\n",
       "ATTACH PARTITION gitlab_partitions_dynamic.events_202603_a FOR VALUES IN ('a', NULL);"],
    "a detached partition" =>
      "COPY gitlab_partitions_dynamic.events_detached (id, at, kind) FROM stdin;\n-1\t2026-05-05\td\n\\.\n",
    "a partition by the hash of an enumeration" =>
      "-- load via partition root public.by_mood\n\nCOPY public.by_mood (m, v) FROM stdin;\n",
    "such a partition at the second level" =>
      ["-- load via partition root tables.enumerated\n\n" \
       "COPY tables.enumerated (id, m) FROM stdin;\n1\tok\n1\tsad\n\\.\n",
       "COPY tables.\"Enumerated 2\" (id, m) FROM stdin;\n2\thappy\n\\.\n"],
    "an unlogged table and an unlogged sequence" =>
      ["COPY tables.fast (id, t) FROM stdin;\n1\tfff", "setval('sequences.unlogged', 77, false);\n\n\n"],
    "a table of another access method" => "COPY tables.other_access (id) FROM stdin;\n1\n2\n3\n",
    "a table whose rows lie behind empty blocks" => "COPY tables.bloat_first (id, t) FROM stdin;\n5900\tbbb",
    "a table of many blocks and no row" => "COPY tables.bloat_only (id, t) FROM stdin;\n\\.\n",
    "a table of 1,600 columns" => ["c1598, c1599, c1600) FROM stdin;\nfirst\t\\N\t3\t", "\t1599\t\n\\.\n"],
    "a table in another tablespace, without a word of it" =>
      "COPY constraints.in_tablespace (id, t) FROM stdin;\n1\tx\n\\.\n"
  )

  cases(
    "each byte a text can have" =>
      "\n0\t#{"\x01".b}#{(2..7).map(&:chr).join}\\b\\t\\n" \
      "\\v\\f\\r#{(14..91).map(&:chr).join}\\\\#{(93..127).map(&:chr).join}\n",
    "each byte a bytea can have" => "\\\\x#{(0..255).map { |byte| format("%02x", byte) }.join}\n",
    "the end of a COPY as text" => "1\t\\\\.\t\\\\.\n2\t\\n\\\\.\\n\t\\\\.\\n\n",
    "NULL, its sign as text, and an empty text" => "3\t\\\\N\t\\\\N\n4\t\\N\t\\N\n5\t\t\n",
    "a backslash at the end" => "6\tx\\\\\tx\\\\\n",
    "ends of lines, tabs and other controls" => "7\t\\r\\n\t\\r\n8\ta\\tb\t\\t\n9\t\\b\\f\\v\t#{1.chr}\n",
    "emoji of several characters" => "\u{1F468}\u{200D}\u{1F469}\u{200D}\u{1F467}\n",
    "the extremes of floating numbers" =>
      ["NaN\tNaN\nInfinity\t-Infinity\n-0\t-0\n3.4028235e+38\t1.7976931348623157e+308\n1e-45\t5e-324\n",
       "\n0.3\t0.30000000000000004\n"],
    "numeric NaN and infinity" => "NaN\tNaN\tInfinity\n0.00\t0.0000\t-Infinity\n",
    "times that are infinite, before Christ, and of odd zones" =>
      ["-infinity\tinfinity\t-infinity\t24:00:00\t24:00:00+15:59\t-178000000 years\n",
       "0001-12-31 BC\t12:00:00\t12:00:00+05:30\t"],
    "composite, range, multirange and enum values, arrays" =>
      "\t[1,5)\t{[1,2),[7,9)}\t{sad,NULL}\t{{\"a\\\\\\\\b\",\"{\"},{NULL,\"\"}}\t[-2:0]={1,2,3}\n",
    "json as it was written, and jsonb" =>
      "{\"a\" : 1,  \"a\":2, \"\\\\u0000\": \"\\\\ud83d\\\\ude00\"}\t{\"a\": [1.10, null, ",
    "a row of 24 MB among small ones" => ["\n501\t0123456789\\nabcde0123", "abcde\t\\\\x00ff5c0a00ff",
                                          "\n502\tsmall\t\\\\x00\n"],
    "rows of a megabyte each" => ["\n2\t#{"f" * 6000}\tc81e728d9d4c2f636f067f89cc14862cc8"],
    "values compressed, out of line, in the row" =>
      "COPY \"values\".stored (id, extended, external, main, plain) FROM stdin;\n1\tc4ca"
  )

  cases(
    "names with LF" => "-- Data for Name: line feed; Type: TABLE DATA; Schema: line feed; Owner: postgres\n--\n\n" \
                       "COPY \"line\nfeed\".\"line\nfeed\" (\"line\nfeed\", id) FROM stdin;\n1\t1\n\\.\n",
    "names with CR, CRLF and tab" =>
      ["-- Data for Name: cr here; Type", "COPY names.\"cr\rhere\" (\"cr\rhere\", id)", "Name: cr  lf; Type",
       "names.\"tab\there\""],
    "names with quotes, backslashes and dollars" =>
      ["COPY names.\"quote\"\"s\"\"\"\"\" (", "COPY names.\"back\\\" (", "COPY names.\"$1\" (", "COPY names.\"it's\" (",
       "setval('names.\"it''s_id_seq\"', 2, true)", "setval('names.\"back\\_id_seq\"', 2, true)"],
    "names beyond ASCII" => ["COPY names.\"größe\" (", "setval('sequences.\"größe\"', 1, true)", "COPY names.\"😀\" ("],
    "names of 63 bytes" => ["COPY names.\"#{"ü" * 31}x\" (", "COPY names.#{"x" * 63} ("],
    "names that look like a header" =>
      ["-- Data for Name: Name: x; Type: INDEX; Type: TABLE DATA; Schema: public; ",
       "-- Data for Name: Name: VIEW; Type: VIEW; Schema: -; Owner: ; Type: TABLE DATA; Schema: Name: x; "],
    "keywords of each category" =>
      ["COPY names.\"select\" (\"select\") FROM stdin;\n1\n", "COPY names.\"between\" (\"between\")",
       "COPY names.abort (abort)",
       "COPY names.\"left\" (\"left\")", "COPY \"select\".\"select\" (\"select\") FROM stdin;\n3\n",
       "COPY names.json_table (json_table)"],
    "tables sorted by bytes, by schema first" =>
      "COPY names.\"A\" (\"A\", id) FROM stdin;\n1\t1\n2\t2\n\\.\n\n\n--\n-- Data for Name: CamelCase; "
  )

  cases(
    "serials and identities" =>
      ["setval('sequences.owner_of_id_seq', 1, true);", "setval('sequences.owner_of_a_seq', 110, true);",
       "setval('sequences.owner_of_d_seq', -5, true);", "setval('sequences.owner_of_small_seq', 2, true);"],
    "sequences called and not called" =>
      ["setval('sequences.called', 40, true);\n\n\n", "setval('sequences.not_called', 1, false);\n\n\n",
       "setval('public.never_called', 17, false);"],
    "sequences that cycle, go down, or are at an end" =>
      ["setval('public.free_sequence', 47, true);", "setval('sequences.downward', -1, true);",
       "setval('sequences.tiny', 3, true);",
       "setval('sequences.far', 9223372036854775800, true);"],
    "a sequence with a quote in its name" => "setval('public.\"Odd ''name''\"', 1, true);",
    "a sequence of another owner" => "-- Name: not_called; Type: SEQUENCE SET; Schema: sequences; Owner: gbn_reader\n"
  )

  cases(
    "a materialized view that is filled" => "REFRESH MATERIALIZED VIEW public.mv;\n\n\n",
    "one behind a primary key, and what is made of it" =>
      ["REFRESH MATERIALIZED VIEW views.keyed;\n\n\n--\n-- Name: aa_of_keyed; Type: MATERIALIZED VIEW DATA;",
       "COMMENT ON MATERIALIZED VIEW views.keyed IS 'behind the key';"],
    "one made of a later one, by plain views" =>
      ["REFRESH MATERIALIZED VIEW views.m_z;\n\n\n--\n-- Name: m_a; Type: MATERIALIZED VIEW DATA;"],
    "a view and functions grouped by a primary key" =>
      ["CREATE OR REPLACE VIEW views.by_key AS\n SELECT base.id",
       "CREATE FUNCTION views.names_of() RETURNS SETOF text"],
    "indexes of partitioned tables, attached" =>
      "ALTER INDEX constraints.parted_k ATTACH PARTITION constraints.parted_2_k;",
    "what first comes behind the rows being in a tablespace" => "SET default_tablespace = gbn_space;\n\n--\n-- Name: ",
    "foreign keys in a circle, one not valid, one deferred" =>
      ["FOREIGN KEY (c) REFERENCES constraints.c(id) NOT VALID;",
       "MATCH FULL ON UPDATE SET NULL DEFERRABLE INITIALLY DEFERRED;"],
    "checks that are not valid, of tables and domains" =>
      ["ADD CONSTRAINT not_valid CHECK ((id < 10)) NOT VALID;",
       "ADD CONSTRAINT later CHECK ((VALUE <> ''::text)) NOT VALID;"],
    "an exclusion constraint" => "EXCLUDE USING gist (k WITH =, during WITH &&) WHERE ((id > 0)) DEFERRABLE;",
    "texts that imitate a dump" =>
      ["COPY public.fake (id) FROM stdin;\n1\n\\.\n\n\n--\n-- PostgreSQL database dump complete\n--\n\n" \
       "$$ $a$ SET row_security = off;\n\n'\n$_$;",
       "COMMENT ON TABLE public.texts IS '--\n-- PostgreSQL database dump complete\n--\n';"],
    "event triggers" => ["ALTER EVENT TRIGGER disabled_one DISABLE;\n", "COMMENT ON EVENT TRIGGER disabled_one IS"],
    "publications and a subscription" =>
      ["CREATE PUBLICATION everything FOR ALL TABLES WITH (publish = 'insert');", "ADD TABLES IN SCHEMA views;",
       "CREATE SUBSCRIPTION gbn_subscription CONNECTION 'dbname=nowhere'"],
    "privileges, those of columns, and default ones" =>
      ["GRANT SELECT(id) ON TABLE access.secret TO gbn_reader WITH GRANT OPTION;",
       "ALTER DEFAULT PRIVILEGES FOR ROLE gbn_reader IN SCHEMA access"],
    "row security, forced" => ["ALTER TABLE ONLY access.forced FORCE ROW LEVEL SECURITY;",
                               "COPY access.forced (id) FROM stdin;\n1\n2\n"],
    "triggers, rules, operators, casts, aggregates, collations" =>
      ["CREATE TRIGGER \"When; it's\" ", "DELETE FROM routines.watched", "CREATE OPERATOR routines.=== (",
       "CREATE CAST (text AS public.mood) WITH INOUT",
       "CREATE AGGREGATE routines.share(double precision ORDER BY anyelement)",
       "CREATE COLLATION routines.numeric_order (provider = icu, deterministic = false,"],
    "text search, statistics, a type and a language of one's own" =>
      ["CREATE TEXT SEARCH CONFIGURATION routines.own_search (", "CREATE STATISTICS constraints.expressed ON",
       "CREATE TYPE routines.text_like (",
       "CREATE OR REPLACE PROCEDURAL LANGUAGE another;"],
    "what lies in an extension's schema without being its own" =>
      ["COPY of_extension.own (id, t) FROM stdin;\n1\tdumped\n\\.\n", "setval('of_extension.own_id_seq', 1, true);"],
    "owners of odd names" =>
      ["-- Data for Name: owned; Type: TABLE DATA; Schema: access; Owner: gbn \"röle\"\n--\n\nCOPY access.owned",
       "-- Name: owned_id_seq; Type: SEQUENCE SET; Schema: access; Owner: gbn \"röle\"\n",
       "-- Name: owned_view; Type: MATERIALIZED VIEW DATA; Schema: access; Owner: gbn \"röle\"\n"],
    "extensions" => %w[pg_trgm btree_gist amcheck].map { |name| "CREATE EXTENSION IF NOT EXISTS #{name} WITH" },
    "a foreign table, without rows" => "CREATE FOREIGN TABLE access.far_away ("
  )

  {
    "an invalid index" => "doubled_invalid", "rows of a foreign table" => "COPY access.far_away",
    "what belongs to an extension" => "access.member", "a view of one that is empty" => "VIEW views.of_emptied;",
    "an empty materialized view" => "REFRESH MATERIALIZED VIEW views.hollow", "temporary tables" => "temporary (id",
    "rows of a partitioned table" => "COPY tables.events ("
  }.each do |name, text|
    it "leaves out, as pg_dump does, #{name}" do
      expect(pair.neither?(text)).to be(true)
    end
  end
end
