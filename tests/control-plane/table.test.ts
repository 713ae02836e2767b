import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import * as z from "zod";
import { column, type Field, lastDay, optionalColumns } from "../../src/control-plane/field.ts";
import { mapBy, Table } from "../../src/control-plane/table.ts";
import * as catalogueTables from "../../src/control-plane/tables/catalogue.ts";
import * as organizationTables from "../../src/control-plane/tables/organization.ts";
import * as workspaceTables from "../../src/control-plane/tables/workspace.ts";
import { organization } from "../../src/provider/resources/control-plane/organization.ts";
import type { Database } from "../../src/vendors/postgres/database.ts";
import { Life } from "../provider/life.ts";
import { type Live, startLive } from "../provider/live.ts";
import {
  controlPlaneOf,
  organizationOf,
  withCatalogue,
} from "../provider/resources/control-plane/control-plane.ts";

const { members, organizations, wallets } = organizationTables;

let live: Live;
let project: string;
let database: Database;

const { organizationId } = organizationOf("shop");
const owner = { organization_id: organizationId };

beforeAll(async () => {
  live = await startLive();
  project = await withCatalogue(live, "shop");
  database = await live.context()("write").controlPlane(controlPlaneOf("shop"));
});
beforeEach(() => new Life(organization, live.context()).up(organizationOf("shop")).then(() => {}));
afterAll(() => live.stop());

const people = () => live.sql(project, "select email, role, github from public.members order by email");

describe("a row", () => {
  const alan = { email: "alan@acme.example", role: "member" as const, github: "alan" };

  test("is written and read with all its fields", async () => {
    await database.transaction((query) => members.syncOne(query, owner, alan));
    const rows = await database.read((query) => members.read(query, owner));
    expect(mapBy(rows, "email")["alan@acme.example"]).toEqual({ role: "member", github: "alan" });
  });

  test.each([
    ["lacks a key", { email: alan.email, role: alan.role }, /public\.members lacks github/],
    ["has an unknown key", { ...alan, gitlab: "alan" }, /public\.members can't be written[\s\S]*gitlab/],
    [
      "has a value of another type",
      { ...alan, role: "guest" },
      /public\.members can't be written[\s\S]*role/,
    ],
  ])("that %s is refused, and nothing is written", async (_, row, message) => {
    const before = await people();
    // Types refuse these rows as well.
    const written = database.transaction((query) => members.syncOne(query, owner, row as typeof alan));
    await expect(written).rejects.toThrow(message);
    expect(await people()).toEqual(before);
  });

  test("of a table that lists one column twice can't be declared", () => {
    const text = z.string();
    const table = {
      name: "public.members" as const,
      owner: ["organization_id"],
      key: ["organization_id", "email"],
      fields: { email: column("email", text), address: column("email", text) },
    };
    expect(() => new Table(table)).toThrow("a column of public.members has two fields");
  });

  test("that this version can't read is refused with its table and its field", async () => {
    const fields = { github: column("github", z.int()) };
    const numbered = new Table({
      name: "public.members",
      owner: ["organization_id"],
      key: ["email"],
      fields,
    });
    await database.transaction((query) => members.syncOne(query, owner, alan));
    await expect(database.read((query) => numbered.read(query, owner))).rejects.toThrow(
      /public\.members holds a row that this version can't read[\s\S]*github/,
    );
  });
});

test("a patch changes the named fields and no other", async () => {
  const id = { id: organizationId };
  await database.transaction((query) => organizations.patch(query, id, { displayName: "Acme" }));
  const found = await database.read((query) => organizations.find(query, id));
  const { billingEmail, stripeCustomer } = organizationOf("shop");
  expect(found).toMatchObject({ displayName: "Acme", billingEmail, stripeCustomer });

  const unknown = { nickname: "Acme" } as object;
  const patched = database.transaction((query) => organizations.patch(query, id, unknown));
  await expect(patched).rejects.toThrow(/public\.organizations can't be written[\s\S]*nickname/);
});

test("a wallet that isn't declared any more becomes the app's and stops reloading", async () => {
  await database.transaction((query) => wallets.sync(query, owner, []));
  expect(
    await live.sql(
      project,
      "select name, managed_by, reload_enabled, reload_below from public.wallets order by name",
    ),
  ).toEqual([
    { name: "ai", managed_by: "app", reload_enabled: false, reload_below: null },
    { name: "data", managed_by: "app", reload_enabled: false, reload_below: null },
  ]);
});

describe("a field", () => {
  const reload = optionalColumns(
    { below: column("reload_below", z.int()), add: column("reload_add", z.int().optional()) },
    { presentIf: "reload_enabled" },
    "",
  );
  const trial = optionalColumns(
    { plan: column("trial_plan", z.string()), credits: column("trial_credits", z.object({})) },
    { presentIf: "trial_plan", whenAbsent: { trial_credits: {} } },
    "",
  );
  test.each<[string, Field, unknown, Record<string, unknown>]>([
    ["a nullable column with a value", column("github", z.string().optional()), "ada", { github: "ada" }],
    ["a nullable column without one", column("github", z.string().optional()), undefined, { github: null }],
    [
      "the last day of a month",
      lastDay("ends", z.string()),
      "2026-11-30",
      { ends: "2026-12-01T00:00:00.000Z" },
    ],
    [
      "the last day of February",
      lastDay("ends", z.string()),
      "2028-02-29",
      { ends: "2028-03-01T00:00:00.000Z" },
    ],
    ["a map with a flag", reload, { below: 5 }, { reload_enabled: true, reload_below: 5, reload_add: null }],
    [
      "an absent map with a flag",
      reload,
      undefined,
      { reload_enabled: false, reload_below: null, reload_add: null },
    ],
    ["a map", trial, { plan: "pro", credits: {} }, { trial_plan: "pro", trial_credits: {} }],
    ["an absent map", trial, undefined, { trial_plan: null, trial_credits: {} }],
  ])("that is %s is stored and read back", (_, field, value, row) => {
    expect(field.write(value)).toEqual(row);
    expect(field.read(row)).toEqual(value);
  });
});

/** Columns that the database or other programs write. */
const OTHERS: Readonly<Record<string, readonly string[]>> = {
  "public.apps": ["domain_proof", "domain_check_requested_at", "domain_verified_at"],
  "public.api_keys": ["expires_at", "revoked_at"],
  "public.claim_tokens": ["claimed_by"],
  "public.members": ["user_id"],
  "public.invitations": ["accepted_at"],
  "public.plans": ["plan_name", "plan_version"],
  "public.wallets": ["balance", "reload_declines", "reload_paused"],
};

const TABLES = [catalogueTables, organizationTables, workspaceTables].flatMap((module) =>
  Object.values<Table>(module as unknown as Record<string, Table>),
);

describe.each(TABLES.map((table) => [table.definition.name, table] as const))("%s", (name, table) => {
  test("has a field for each column that manifests declare", async () => {
    const [schema, relation] = name.split(".");
    const found = await live.sql(
      project,
      `select column_name as name, is_nullable = 'YES' as nullable from information_schema.columns
       where table_schema = '${schema}' and table_name = '${relation}' order by 1`,
    );
    const { owner, fields, observed = {} } = table.definition;
    const known = [
      ...owner,
      ...table.columns,
      ...Object.values<Field>(observed).flatMap((field) => field.columns),
      ...(OTHERS[name] ?? []),
      ...["managed_by", "created_at"],
    ];
    expect([...new Set(known)].sort()).toEqual(found.map((column) => column.name));

    const single = Object.values<Field>(fields).filter(({ columns }) => columns.length === 1);
    const isNullable = ({ columns: [name] }: Field) =>
      found.some((column) => column.name === name && column.nullable);
    expect(single.filter(isNullable)).toEqual(single.filter(({ type }) => type instanceof z.ZodOptional));
  });
});
