import type pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Database, type Kind, startDatabase } from "../databases/database.ts";

/**
 * Why a column can't hold just anything.
 *
 * - a rule of `src/shared/text-rules.ts`, or `schedule`: a trigger asks it
 * - `limited`: a constraint, a trigger or a function of the table measures it
 * - `word`: one of a list, by a constraint
 * - `reference`: of a column that is decided itself
 * - `manifest`, `vendor`, `derived`: a run writes what a manifest's schema allows, Supabase's or Stripe's own ids and words, or
 *   what follows from other columns; no role of the data API writes it
 */
type Decision =
  | "slug"
  | "display_name"
  | "line"
  | "host"
  | "email"
  | "schedule"
  | "file_path"
  | "prose"
  | "title"
  | "key"
  | "limited"
  | "word"
  | "reference"
  | "manifest"
  | "vendor"
  | "derived";

// A new column is decided here: otherwise this test fails.
const DECIDED: Record<Kind, Record<string, Record<string, Decision>>> = {
  "control-plane": {
    "private.api_key_hashes": { sha256: "limited" },
    "private.claim_token_hashes": { sha256: "limited" },
    "private.connection_credentials": { name: "reference", reference: "line" },
    "private.declared_workspaces": { domain_apps: "manifest", managed_by: "word" },
    "private.access_deliveries": { failure: "derived" },
    "private.departures": { email: "derived" },
    "private.foundings": { email: "derived" },
    "private.stripe_events": { id: "vendor", type: "vendor" },
    "public.agent_sessions": { status: "word" },
    "public.api_keys": { name: "slug", rotation: "derived", prefix: "derived", managed_by: "word" },
    "public.apps": {
      name: "slug",
      domain: "host",
      domain_proof: "derived",
      url: "derived",
      managed_by: "word",
    },
    "public.claim_tokens": { name: "slug", email: "email", role: "word", managed_by: "word" },
    "public.connections": { name: "slug", kind: "slug", clone_of: "derived", managed_by: "word" },
    "public.cron_jobs": { name: "slug", schedule: "schedule", task: "line", managed_by: "word" },
    "public.escalations": { reason: "prose", status: "word" },
    "public.invitations": { email: "email", workspaces: "limited", role: "word", managed_by: "word" },
    "public.members": { email: "email", github: "manifest", role: "word", managed_by: "word" },
    "public.organizations": {
      name: "slug",
      display_name: "display_name",
      billing_email: "email",
      plan: "reference",
      plan_in_force: "reference",
      llm_provider: "manifest",
      limit_overrides: "manifest",
      stripe_customer: "vendor",
      stripe_subscription: "vendor",
      subscription_status: "vendor",
      state: "word",
      managed_by: "word",
    },
    "public.plans": {
      name: "manifest",
      display_name: "manifest",
      credits: "manifest",
      stripe_product: "vendor",
      stripe_price_lookup_key: "derived",
      plan_name: "derived",
      managed_by: "word",
    },
    "public.platforms": {
      name: "manifest",
      display_name: "manifest",
      currency: "manifest",
      default_plan: "manifest",
      apps_domain: "manifest",
      trial_plan: "manifest",
      trial_credits: "manifest",
      issuer: "vendor",
      managed_by: "word",
    },
    "public.quota_usage": { quota: "word" },
    "public.quotas": { managed_by: "word" },
    "public.reloads": {
      wallet: "reference",
      currency: "derived",
      state: "word",
      payment: "vendor",
      decline_reason: "vendor",
      decline_message: "vendor",
      payment_method: "vendor",
    },
    "public.trials": { organization_name: "manifest", plan: "manifest", managed_by: "word" },
    "public.usage_logs": { operation: "limited", details: "limited" },
    "public.wallet_credits": { wallet: "reference" },
    "public.wallet_entries": {
      wallet: "reference",
      key: "limited",
      description: "limited",
      kind: "limited",
      managed_by: "limited",
    },
    "public.wallet_types": { name: "manifest", managed_by: "word" },
    "public.wallets": { name: "reference", managed_by: "word" },
    "public.workspace_members": { email: "reference", managed_by: "word" },
    "public.workspaces": {
      name: "slug",
      display_name: "display_name",
      email: "email",
      slack_team: "manifest",
      slack_channel: "manifest",
      region: "manifest",
      project_ref: "vendor",
      project_url: "vendor",
      state: "word",
      managed_by: "word",
    },
  },
  workspace: {
    "private.settings": { issuer: "vendor" },
    "public.agent_sessions": { status: "word" },
    "public.agent_state": { agent: "key", key: "key", value: "limited" },
    "public.chats": { title: "title" },
    "public.files": { path: "file_path", object_name: "file_path", media_type: "key" },
    "public.messages": { content: "limited", role: "word" },
    // From the control plane, whose rules they follow.
    "public.workspace_members": { email: "derived", role: "word", managed_by: "word" },
  },
};

const KINDS = ["control-plane", "workspace"] as const;

describe.each(KINDS)("every text of a %s", (kind) => {
  let database: Database;
  let client: pg.Client;
  beforeAll(async () => {
    database = await startDatabase(kind);
    client = await database.connect();
  });
  afterAll(() => database.stop());

  interface Column {
    readonly table: string;
    readonly column: string;
  }

  /** Every column that can hold a text, and what was decided of it. */
  async function decisions() {
    const { rows } = await client.query<Column>(
      `select relnamespace::regnamespace || '.' || relname as table, attname as column
       from pg_attribute join pg_class on pg_class.oid = attrelid join pg_type on pg_type.oid = atttypid
       where relnamespace in ('public'::regnamespace, 'private'::regnamespace) and relkind in ('r', 'p') and attnum > 0
         and not attisdropped and not coalesce(nullif(pg_type.typelem, 0), pg_type.oid) = any ($1::regtype[])`,
      ["{uuid,boolean,smallint,integer,bigint,numeric,double precision,date,timestamptz,interval,xid8}"],
    );
    return rows.map((row) => ({ ...row, decision: DECIDED[kind][row.table]?.[row.column] }));
  }

  it("is decided", async () => {
    expect((await decisions()).filter(({ decision }) => decision === undefined)).toEqual([]);
  });

  it("is held to what was decided", async () => {
    for (const { table, column, decision } of await decisions())
      if (decision !== undefined)
        expect(await holds(table, column, decision), `${table}.${column} ${decision}`).toBe(true);
  });

  it("is undecided where a column is new", async () => {
    await client.query("begin; alter table public.workspace_members add column nickname text");
    const undecided = (await decisions()).filter(({ decision }) => decision === undefined);
    await client.query("rollback");
    expect(undecided.map(({ table, column }) => `${table}.${column}`)).toEqual([
      "public.workspace_members.nickname",
    ]);
  });

  async function holds(table: string, column: string, decision: Decision): Promise<boolean> {
    const { rows } = await client.query<{ holds: boolean }>(
      evidenceOf(decision),
      [table, column, decision].slice(0, valuesOf(decision)),
    );
    return rows[0]?.holds === true;
  }
});

const CONSTRAINTS = `pg_constraint where conrelid = $1::regclass and (select attnum from pg_attribute
  where attrelid = $1::regclass and attname = $2::name) = any (conkey)`;

/** Which queries take the decision as a third value. */
function valuesOf(decision: Decision): number {
  return evidenceOf(decision).includes("$3") ? 3 : 2;
}

function evidenceOf(decision: Decision): string {
  switch (decision) {
    case "word":
      return `select exists (select from ${CONSTRAINTS} and contype = 'c'
        and pg_get_constraintdef(oid) like '%' || $2 || ' = ANY (ARRAY[%') as holds`;
    case "reference":
      return `select exists (select from ${CONSTRAINTS} and contype = 'f') as holds`;
    case "limited":
      return `select exists (select from ${CONSTRAINTS} and contype = 'c' and pg_get_constraintdef(oid) ~ 'length|size')
        or exists (select from pg_trigger where tgrelid = $1::regclass and tgname = 'text_of_' || $2)
        or exists (select from pg_constraint join pg_depend on objid = pg_constraint.oid and refclassid = 'pg_proc'::regclass
          join pg_proc on pg_proc.oid = refobjid
          where conrelid = $1::regclass and contype = 'c' and prosrc ~ ('entry\\.' || $2)) as holds`;
    case "manifest":
    case "vendor":
    case "derived":
      return `select not bool_or(has_column_privilege(role, $1, $2, 'insert')
        or has_column_privilege(role, $1, $2, 'update')) as holds
        from unnest('{anon,authenticated,service_role}'::text[]) as role`;
    default:
      return `select exists (select from pg_trigger where tgrelid = $1::regclass and tgname = 'text_of_' || $2
        and pg_get_triggerdef(oid) ~ format('BEFORE INSERT OR UPDATE OF %s ON .*is_%s\\(new\\.%s\\)', $2, $3::text, $2)) as holds`;
  }
}
