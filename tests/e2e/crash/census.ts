import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { isRecord } from "@tenantry/core/is-record";
import pg from "pg";
import { embeddedEngine } from "../../../packages/embedded-engine/src/engine.ts";
import type { World } from "../harness.ts";

/**
 * The recorded properties of each resource, without ids and the stack's name. This is faster than a preview.
 *
 * @param name the name of the organization or platform
 */
export async function recorded(world: World, stack: string, name: string): Promise<string[]> {
  const resources = (await embeddedEngine().resources(world.stack(stack))) ?? [];
  return resources
    .map(({ urn, inputs }) => withoutIds(JSON.stringify([urn, withoutOrder(inputs, name)]), name))
    .sort();
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Maps by id have the order of the ids, which differs between organizations. */
function withoutOrder(value: unknown, name: string): unknown {
  if (!isRecord(value)) return value;
  const entries = Object.entries(value).map(([key, each]) => [key, withoutOrder(each, name)] as const);
  if (entries.length === 0 || !entries.every(([key]) => UUID.test(key))) return Object.fromEntries(entries);
  return entries.map(([, each]) => withoutIds(JSON.stringify(each), name)).sort();
}

/** Replaces ids first, because they may contain the name by chance, and the times at which trials began and end. */
function withoutIds(text: string, name: string): string {
  return text
    .replace(
      /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|(--|@)[0-9a-f]{8}\b|\b[a-z]{20}\b|\b(cus|sub)_\w+/g,
      "id",
    )
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, "time")
    .replaceAll(name, "it");
}

/** Counts everything that an organization could have twice by mistake. */
export async function census(world: World, name: string): Promise<Record<string, unknown>> {
  const projects = await supabase(world, "/v1/projects");
  const named = (start: string) => projects.filter((project) => project.name.startsWith(start));
  const customers = (await stripe(world, "/v1/customers")).filter(
    (customer) => customer.email === `billing@${name}.example`,
  );
  const subscriptions = await Promise.all(
    customers.map(({ id }) => stripe(world, "/v1/subscriptions", { status: "all", customer: id })),
  );
  const [controlPlane] = projects.filter((project) => project.name.split("--").length === 2);
  return {
    projects: named(`tiny--${name}--`).length,
    customers: customers.length,
    subscriptions: subscriptions.map((list) => list.map(({ status }) => status)),
    ledger: await controlPlaneRows(world, controlPlane?.ref ?? "", LEDGER, name),
    secrets: await controlPlaneRows(world, controlPlane?.ref ?? "", SECRETS, name),
    contents: await controlPlaneRows(world, controlPlane?.ref ?? "", CONTENTS, name),
    archives: archivesOf(world, name),
  };
}

/** The archive files of each workspace. */
function archivesOf({ sandbox }: World, name: string): number[] {
  const folder = String(sandbox.env.TENANTRY_ARCHIVES);
  if (!existsSync(folder)) return [];
  const own = readdirSync(folder).filter((project) => project.startsWith(`tiny--${name}--`));
  return own.map((project) => readdirSync(join(folder, project)).length);
}

interface Project {
  readonly ref: string;
  readonly name: string;
}

export async function supabase(world: World, path: string): Promise<Project[]> {
  const { SUPABASE_API_URL, SUPABASE_ACCESS_TOKEN } = world.sandbox.env;
  const headers = { authorization: `Bearer ${SUPABASE_ACCESS_TOKEN}` };
  return (await (await fetch(SUPABASE_API_URL + path, { headers })).json()) as Project[];
}

interface StripeObject {
  readonly metadata?: Readonly<Record<string, string>>;
  readonly id: string;
  readonly email?: string;
  readonly status?: string;
}

/** Reads all pages of a list, because a whole matrix exceeds one page. */
export async function stripe(
  world: World,
  path: string,
  filter: Readonly<Record<string, string>> = {},
): Promise<StripeObject[]> {
  const { STRIPE_API_BASE, STRIPE_API_KEY } = world.sandbox.env;
  const headers = { authorization: `Bearer ${STRIPE_API_KEY}` };
  const found: StripeObject[] = [];
  for (;;) {
    const last = found.at(-1)?.id;
    const page = { ...filter, limit: "100", ...(last === undefined ? {} : { starting_after: last }) };
    const answer = await fetch(`${STRIPE_API_BASE}${path}?${new URLSearchParams(page)}`, { headers });
    const { data, has_more } = (await answer.json()) as { data: StripeObject[]; has_more: boolean };
    found.push(...data);
    if (!has_more) return found;
  }
}

const LEDGER = `select wallet, kind, amount, balance from public.wallet_entries
  join public.wallets on wallets.organization_id = wallet_entries.organization_id and wallets.name = wallet
  join public.organizations on organizations.id = wallets.organization_id
  where organizations.name = $1 order by wallet, kind, amount`;

/** The keys and tokens that give access. */
const SECRETS = `select count(distinct api_key_id)::int as keys,
    count(distinct claim_token_id)::int as tokens
  from public.organizations
  join public.workspaces on workspaces.organization_id = organizations.id
  join public.api_keys on api_keys.workspace_id = workspaces.id
    and api_keys.revoked_at is null and api_keys.expires_at is null
  join private.api_key_hashes on api_key_id = api_keys.id
  join public.claim_tokens on claim_tokens.organization_id = organizations.id
  join private.claim_token_hashes on claim_token_id = claim_tokens.id
  where organizations.name = $1`;

/** Other data in its rows. */
const CONTENTS = `select organizations.state as life, plan_in_force, quotas.seats, workspaces.name, workspaces.state,
    (select jsonb_agg(role order by role) from public.members where organization_id = organizations.id) as members,
    (select count(*)::int from public.invitations where organization_id = organizations.id) as invitations,
    (select count(*)::int from public.trials where organization_name = organizations.name) as trials,
    (select jsonb_agg(name order by name) from public.apps where workspace_id = workspaces.id) as apps,
    (select jsonb_agg(name order by name) from public.connections where workspace_id = workspaces.id) as connections,
    (select jsonb_agg(name order by name) from public.cron_jobs where workspace_id = workspaces.id) as jobs
  from public.organizations
  join public.quotas on quotas.organization_id = organizations.id
  join public.workspaces on workspaces.organization_id = organizations.id
  where organizations.name = $1 order by organizations.generation, workspaces.name`;

async function controlPlaneRows(world: World, ref: string, query: string, name: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: world.sandbox.databaseUrl(ref) });
  await client.connect();
  try {
    return (await client.query(query, [name])).rows;
  } finally {
    await client.end();
  }
}
