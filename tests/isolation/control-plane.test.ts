import fc from "fast-check";
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Caller, type Database, rolledBack, startDatabase } from "../databases/database.ts";
import {
  attempt,
  insertRows,
  look,
  type Row,
  type Rows,
  type Seen,
  tablesToProbe,
  writesTo,
} from "./probe.ts";
import { ISSUER, type Reach, reachOf, rowsOf, uuid, type World, worlds } from "./world.ts";

let database: Database;
let client: pg.Client;
let tables: string[];

beforeAll(async () => {
  database = await startDatabase("control-plane");
  client = await database.connect();
  await client.query("create table realtime.messages_all partition of realtime.messages default");
  tables = await tablesToProbe(client);
});
afterAll(() => database.stop());

type Rule = (row: Row, reach: Reach) => boolean;

const customers: Rule = (_, reach) => reach.organizations.size > 0;
const nobody: Rule = () => false;
const members =
  (column: string): Rule =>
  (row, reach) =>
    reach.organizations.has(row[column]);
const admins =
  (column: string): Rule =>
  (row, reach) =>
    reach.administered.has(row[column]);
const workspaceMembers =
  (column: string): Rule =>
  (row, reach) =>
    reach.workspaces.has(row[column]);

/** The rows that each caller can read, by table. All writes go through functions. */
const READERS: Record<string, Rule> = {
  "private.access_changes": nobody,
  "private.access_deliveries": nobody,
  "private.api_key_hashes": nobody,
  "private.claim_token_hashes": nobody,
  "private.connection_credentials": nobody,
  "private.declared_workspaces": nobody,
  "private.departures": nobody,
  "private.foundings": nobody,
  "private.intake_requests": nobody,
  "private.invitation_days": nobody,
  "private.limit_uses": nobody,
  "private.stripe_events": nobody,
  "private.wallet_allocations": nobody,
  "private.workspace_access": nobody,
  "public.agent_sessions": workspaceMembers("workspace_id"),
  "public.api_keys": workspaceMembers("workspace_id"),
  "public.apps": workspaceMembers("workspace_id"),
  "public.claim_tokens": admins("organization_id"),
  "public.connections": workspaceMembers("workspace_id"),
  "public.cron_jobs": workspaceMembers("workspace_id"),
  "public.escalations": workspaceMembers("workspace_id"),
  "public.invitations": admins("organization_id"),
  "public.members": members("organization_id"),
  "public.organization_domains": workspaceMembers("workspace_id"),
  "public.organizations": members("id"),
  "public.plans": customers,
  "public.platforms": customers,
  "public.quota_usage": members("organization_id"),
  "public.quotas": members("organization_id"),
  "public.reloads": admins("organization_id"),
  "public.trials": members("organization_id"),
  "public.usage_logs": workspaceMembers("workspace_id"),
  "public.wallet_credits": members("organization_id"),
  "public.wallet_entries": admins("organization_id"),
  "public.wallet_spend": admins("organization_id"),
  "public.wallet_types": customers,
  "public.wallets": members("organization_id"),
  "public.workspace_members": workspaceMembers("workspace_id"),
  "public.workspaces": workspaceMembers("id"),
  "realtime.messages": nobody,
  "storage.buckets": nobody,
  "storage.objects": nobody,
  "tenantry.access": nobody,
  "tenantry.definition_objects": nobody,
  "tenantry.definitions": nobody,
  "tenantry.migrations": nobody,
  "tenantry.objects": nobody,
  "tenantry.row_security": nobody,
  "tenantry.schemas": nobody,
};

const VIEWS = [
  "private.intake_requests",
  "private.limit_uses",
  "private.workspace_access",
  "public.organization_domains",
  "public.wallet_spend",
];

it("has a case for every table that a caller could access", () => {
  expect(tables).toEqual(Object.keys(READERS));
});

describe("over random memberships", () => {
  it("shows every caller exactly their own rows, and refuses every write", async () => {
    let checks = 0;
    await fc.assert(
      fc.asyncProperty(worlds, async (world) => {
        await rolledBack(client, async () => {
          const rows = rowsOf(world);
          await insertRows(client, rows);
          const all = await look(client, tables);
          for (const { caller, person } of callersOf(world)) {
            const reach = reachOf(world, person);
            const seen = await look(client, tables, caller);
            for (const table of tables)
              expect(idsOf(seen, table), `${table}, as ${JSON.stringify(caller)}`).toEqual(
                idsOf(readable(all, table, reach), table),
              );
            const writes = tables.flatMap((table) => writesTo(table, someRow(rows, all, table)));
            const outcomes = await attempt(client, writes, caller);
            writes.forEach((statement, index) => {
              expect(
                harmless(outcomes[index], statement),
                `${statement}, as ${JSON.stringify(caller)}: ${outcomes[index]}`,
              ).toBe(true);
            });
            checks += tables.length + writes.length;
          }
        });
      }),
      { numRuns: 15 },
    );
    expect(checks).toBeGreaterThan(5_000);
  });
});

/** Every person, two strangers, and tokens with claims that the platform never issued. */
function callersOf(world: World): { caller: Caller; person: number | undefined }[] {
  const people = world.people.map(({ id, email }, person) => ({
    caller: { role: "authenticated" as const, claims: { iss: ISSUER, sub: id, email } },
    person,
  }));
  const boast = {
    email: "person-0@example.com",
    email_verified: true,
    app_metadata: { role: "owner", organization_id: world.organizations[0]?.id },
    user_metadata: {
      role: "owner",
      email: "person-0@example.com",
      email_verified: true,
      sub: world.people[0]?.id,
    },
  };
  return [
    ...people,
    { caller: { role: "authenticated", claims: { iss: ISSUER, sub: uuid("f", 1) } }, person: undefined },
    {
      caller: { role: "authenticated", claims: { iss: ISSUER, sub: uuid("f", 2), ...boast } },
      person: undefined,
    },
    { caller: { role: "authenticated", claims: boast }, person: undefined },
    { caller: { role: "anon", claims: {} }, person: undefined },
    { caller: { role: "anon", claims: { sub: world.people[0]?.id, ...boast } }, person: undefined },
  ];
}

function readable(all: Seen, table: string, reach: Reach): Seen {
  const rows = all[table];
  if (rows === undefined || rows === "refused") throw new Error(`${table} has no rows to look for`);
  return { [table]: rows.filter((row) => READERS[table]?.(row, reach)) };
}

/** Treats a refusal like an empty result. */
function idsOf(seen: Seen, table: string): string[] {
  const rows = seen[table];
  if (rows === undefined) throw new Error(`${table} was not looked at`);
  return rows === "refused" ? [] : rows.map((row) => JSON.stringify(row)).sort();
}

/** A row to write: one of the generated rows, without the columns that PostgreSQL generates. */
function someRow(rows: Rows, all: Seen, table: string): Row {
  const row = rows[table]?.[0] ?? all[table]?.[0];
  if (typeof row === "object") return row;
  // Some random worlds have no granted or requested workspaces, or no domains.
  if (table === "public.workspace_members" || VIEWS.includes(table)) return { workspace_id: uuid("c", 0) };
  throw new Error(`${table} has no rows to write`);
}

/** Insufficient privilege, no row to change, or a view that PostgreSQL can't write. */
function harmless(outcome: unknown, statement: string): boolean {
  const ofView = VIEWS.some((view) => statement.includes(` ${view} `));
  return outcome === "42501" || outcome === 0 || (ofView && (outcome === "55000" || outcome === "42809"));
}
