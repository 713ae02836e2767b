import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { packageVersion } from "../../src/shared/package.ts";
import { catalogOf, catalogStatements } from "../../src/vendors/postgres/catalog/catalog.ts";
import { objectsIn } from "../../src/vendors/postgres/catalog/objects.ts";
import {
  type Database,
  define,
  type Kind,
  startDatabase,
  startEmptyDatabase,
} from "../databases/database.ts";
import { digestOf, digestsOf, KINDS, read, releasedVersions, rowsOf, sqlOf } from "./releases.ts";

/** Tables of ours by their rows, as JSON. */
type Rows = Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>;

/** An organization that a run removed, and one whose members were deleted by hand: its workspace is still declared. */
const WITHOUT_MEMBERS = `
  insert into public.organizations (id, platform_id, name, generation, display_name, plan, billing_email, managed_by)
    select gen_random_uuid(), platform_id, unnest(array['removed', 'emptied']), 1, 'O', plan, billing_email, 'manifest'
    from public.organizations;
  insert into private.declared_workspaces (organization_id, workspace_id, domain_apps, managed_by)
    select id, gen_random_uuid(), '{}', 'manifest' from public.organizations where name = 'emptied'`;

test("the version of package.json has its schema among the releases", () => {
  expect(releasedVersions()).toContain(packageVersion());
});

describe.each(releasedVersions())("release %s", (version) => {
  const digests = Object.entries(JSON.parse(read(digestsOf(version))) as Record<string, string>);

  test.each(digests)("%s is as it was released; a change needs a new migration", (file, digest) => {
    expect(digestOf(file)).toBe(digest);
  });

  describe.each(KINDS)("a %s that it made", (kind) => {
    let upgraded: Database;
    let client: pg.Client;
    let before: Rows;
    beforeAll(async () => {
      upgraded = await startEmptyDatabase();
      client = await upgraded.connect();
      await client.query("set session authorization postgres");
      await client.query(read(sqlOf(version, kind)));
      await client.query("reset session authorization");
      await client.query(read(rowsOf(version, kind)));
      if (kind === "control-plane") await client.query(WITHOUT_MEMBERS);
      before = await rowsIn(client);
      await define(client, kind);
    });
    afterAll(() => upgraded.stop());

    test("has rows in every table before", () => {
      const empty = Object.entries(before).filter(([, rows]) => rows.length === 0);
      expect(empty.map(([table]) => table)).toEqual([]);
    });

    test("keeps every row, with the values of the columns that are left", async () => {
      const after = await rowsIn(client);
      for (const [table, rows] of Object.entries(before))
        expect(after[table], table).toEqual(
          expect.arrayContaining(rows.map((row) => expect.objectContaining(row))),
        );
    });

    test.runIf(kind === "control-plane")("marks only removed organizations as deleted", async () => {
      const deleted = await client.query("select name from public.organizations where state = 'deleted'");
      expect(deleted.rows).toEqual([{ name: "removed" }]);
    });

    test("has the same catalog as a new database", async () => {
      const fresh = await catalogOfNew(kind);
      const found = await catalogIn(client);
      expect(found.objects).toEqual(fresh.objects);
      expect(found).toEqual(fresh);
      expect(found.catalog.ledger?.differences).toEqual({});
    });
  });
});

async function catalogOfNew(kind: Kind) {
  const database = await startDatabase(kind);
  try {
    return await catalogIn(await database.connect());
  } finally {
    await database.stop();
  }
}

/** Everything that tenantry compares, and what it doesn't: the options of tables, and the stored buckets. */
async function catalogIn(client: pg.Client) {
  await client.query("begin");
  let rows: unknown[] = [];
  for (const statement of catalogStatements) rows = (await client.query(statement)).rows;
  const objects = await pairs(client, objectsIn("values ('public'), ('private')"));
  const options = await pairs(
    client,
    `select oid::regclass::text, concat_ws(' ', reloptions::text, relrowsecurity, relforcerowsecurity, relreplident)
     from pg_class where relnamespace in ('public'::regnamespace, 'private'::regnamespace) and relkind <> 'i'`,
  );
  const buckets = await pairs(client, "select id, public::text from storage.buckets");
  await client.query("rollback");
  // The issuer, settings and members are rows, not part of the schema.
  const { workspace: _, world, ...catalog } = catalogOf(rows);
  const schema = { ...catalog, world: world.filter(({ kind }) => kind !== "issuer") };
  return { objects, options, buckets, catalog: schema };
}

async function pairs(client: pg.Client, query: string): Promise<Record<string, string>> {
  const { rows } = await client.query<[string, string]>({ text: query, rowMode: "array" });
  return Object.fromEntries(rows);
}

async function rowsIn(client: pg.Client): Promise<Rows> {
  const tables = await pairs(
    client,
    `select oid::regclass::text, format('select coalesce(jsonb_agg(to_jsonb(it)), ''[]'') as rows from %s as it', oid::regclass)
     from pg_class where relnamespace in ('public'::regnamespace, 'private'::regnamespace) and relkind in ('r', 'p')`,
  );
  const found: Record<string, Rows[string]> = {};
  for (const [table, query] of Object.entries(tables)) {
    const { rows } = await client.query<{ rows: Rows[string] }>(query);
    found[table] = rows[0]?.rows ?? [];
  }
  return found;
}
