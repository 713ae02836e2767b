import type pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Database, type Kind, startDatabase } from "../databases/database.ts";
import { lint, linterRuns } from "./supabase-linter.ts";

/** Each with its reason; docs/decisions/0005-row-security-that-uses-the-index.md has the first one's measure. */
const ACCEPTED = [/^Function `private.is_workspace_member` has a role mutable search_path$/];

/** In a new database without queries, all indexes are unused. */
const ABOUT_USE = ["performance/unusedIndex", "performance/tableBloat"];

const available = await linterRuns();

describe.skipIf(!available)("Supabase's database linter", () => {
  describe.each<Kind>(["control-plane", "workspace"])("on a %s", (kind) => {
    let database: Database;
    beforeAll(async () => {
      database = await startLintable(kind);
    });
    afterAll(() => database.stop());

    it("finds only what a decision accepts", async () => {
      const findings = (await lint(database.url)).filter(({ rule }) => !ABOUT_USE.includes(rule));
      expect(findings.filter(({ message }) => !ACCEPTED.some((accepted) => accepted.test(message)))).toEqual(
        [],
      );
      expect(findings, "an exception that is no longer needed").toHaveLength(ACCEPTED.length);
    });
  });

  describe("finds", () => {
    let database: Database;
    let client: pg.Client;
    beforeAll(async () => {
      database = await startLintable("control-plane");
      client = await database.connect();
      for (const [, violation] of PLANTED) await client.query(violation);
    });
    afterAll(() => database.stop());

    it("each planted violation", async () => {
      const found = new Set((await lint(database.url)).map(({ rule }) => rule));
      expect(PLANTED.map(([rule]) => rule).filter((rule) => !found.has(rule))).toEqual([]);
    });
  });
});

async function startLintable(kind: Kind): Promise<Database> {
  const database = await startDatabase(kind);
  const client = await database.connect();
  await client.query(`alter role supabase_admin set "pgrst.db_schemas" = 'public'`);
  return database;
}

const PLANTED: [rule: string, violation: string][] = [
  [
    "security/rlsDisabledInPublic",
    "create table public.open (id int primary key); grant select on public.open to anon, authenticated",
  ],
  [
    "security/policyExistsRlsDisabled",
    "create table public.off (id int primary key); create policy p on public.off for select to authenticated using (id = 1)",
  ],
  [
    "performance/multiplePermissivePolicies",
    "create policy again on public.members for select to authenticated using (github is null)",
  ],
  [
    "performance/authRlsInitplan",
    "create policy unwrapped on public.apps for update to authenticated using (auth.uid() is null)",
  ],
  [
    "security/functionSearchPathMutable",
    "create function public.mutable() returns int language sql as 'select 1'",
  ],
  [
    "security/securityDefinerView",
    "create view public.seen as select * from public.members; grant select on public.seen to authenticated",
  ],
  ["security/extensionInPublic", "create extension citext schema public"],
  ["performance/duplicateIndex", "create index twice on public.members (user_id)"],
  [
    "performance/unindexedForeignKeys",
    "alter table public.apps add column by uuid references auth.users (id)",
  ],
  [
    "performance/noPrimaryKey",
    "create table public.keyless (n int); alter table public.keyless enable row level security",
  ],
  [
    "security/rlsEnabledNoPolicy",
    "create table public.mute (id int primary key); alter table public.mute enable row level security",
  ],
  [
    "security/rlsPolicyAlwaysTrue",
    "create policy everyone on public.cron_jobs for delete to authenticated using (true)",
  ],
  [
    "security/rlsReferencesUserMetadata",
    "create policy trusting on public.connections for update to authenticated using ((select auth.jwt() -> 'user_metadata' ->> 'role') = 'admin')",
  ],
];
