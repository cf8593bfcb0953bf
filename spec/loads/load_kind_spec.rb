# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::LoadKind do
  def kind(text, copy: false)
    described_class.of(Gitlab::Backup::Native::Load::Statement.new(copy ? :copy : :sql, 0, 0, 1, 0, text.b))
  end

  { "CREATE INDEX i ON public.t USING btree (a);" => [:index, %w[public.t]],
    "CREATE UNIQUE INDEX i ON ONLY public.t USING btree (a);" => [:index, %w[public.t]],
    "ALTER TABLE ONLY public.t\n    ADD CONSTRAINT t_pkey PRIMARY KEY (id);" => [:key, %w[public.t]],
    "ALTER TABLE ONLY t\n    ADD CONSTRAINT u UNIQUE NULLS NOT DISTINCT (id);" => [:key, %w[t]],
    "ALTER TABLE ONLY public.t\n    ADD CONSTRAINT e EXCLUDE USING gist (a WITH =);" => [:key, %w[public.t]],
    "ALTER INDEX public.p ATTACH PARTITION x.c;" => [:attach, %w[public.p x.c]],
    "ALTER TABLE public.t\n    ADD CONSTRAINT f FOREIGN KEY (a, b) REFERENCES x.u(a, b) NOT VALID;" =>
      [:foreign_key, %w[public.t x.u]],
    "COMMENT ON INDEX public.i IS 'x';" => [:follower, []],
    "COMMENT ON CONSTRAINT c ON public.t IS 'x';" => [:follower, []],
    "ALTER TABLE public.t CLUSTER ON i;" => [:follower, []],
    "ALTER TABLE ONLY public.t REPLICA IDENTITY USING INDEX i;" => [:follower, []],
    "ALTER INDEX public.i ALTER COLUMN 1 SET STATISTICS 9;" => [:follower, []],
    "SET default_tablespace = '';" => [:setting, []],
    "RESET SESSION AUTHORIZATION;" => [:setting, []],
    "SELECT pg_catalog.set_config('search_path', '', false);" => [:setting, []],
    "BEGIN;" => [:transaction, []], "COMMIT;" => [:transaction, []],
    "SELECT pg_catalog.setval('public.s', 1, true);" => [:sequence, []],
    "ALTER TABLE public.t\n    ADD CONSTRAINT c CHECK ((a > 0)) NOT VALID;" => [:other, []],
    "ALTER TABLE public.t ENABLE ROW LEVEL SECURITY;" => [:other, []],
    "CREATE INDEX CONCURRENTLY i ON public.t USING btree (a);" => [:other, []],
    "COMMENT ON TABLE public.t IS 'CREATE INDEX i ON public.t USING x';" => [:other, []],
    "REFRESH MATERIALIZED VIEW public.v;" => [:other, []] }.each do |text, expected|
    it "takes #{text.lines.last.strip} for #{expected.first}" do
      expect(kind(text)).to eq(expected)
    end
  end

  it "reads names with quotes, dots, newlines and brackets in them" do
    name = "\"We\"\"ird. (\n\".\"Ta;ble \"\"(\""
    expect(kind("COPY #{name} (a, \"b)\") FROM stdin;", copy: true)).to eq([:rows, [name]])
    expect(kind("ALTER TABLE ONLY #{name}\n    ADD CONSTRAINT \"f k\" FOREIGN KEY (\"a)\"\"\", b) REFERENCES " \
                "\"R\".\"é\"(\"(\");")).to eq([:foreign_key, [name, "\"R\".\"é\"".b]])
    expect(kind("CREATE INDEX \"in ON dex\" ON #{name} USING gin (a);")).to eq([:index, [name]])
  end

  it "does not take long for text that almost fits" do
    text = "ALTER TABLE ONLY #{"\"a\"\"" * 4000}"
    expect(kind(text)).to eq([:other, []])
  end
end
