import type pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Database, startDatabase } from "../databases/database.ts";
import { callAs, one, openPlatform, type Person, refusal, signUp } from "./product.ts";

let database: Database;
let client: pg.Client;
let ada: Person;
let workspace: string;
beforeAll(async () => {
  database = await startDatabase("control-plane");
  client = await database.connect();
});
afterAll(() => database.stop());

beforeEach(async () => {
  await client.query("begin");
  await openPlatform(client);
  ada = await signUp(client, "ada@example.com");
  const { rows } = await client.query<{ id: string }>(
    "update public.workspaces set state = 'active' returning id",
  );
  workspace = one(rows).id;
});
afterEach(() => client.query("rollback"));

interface Issued {
  readonly key_id: string;
  readonly key: string;
}

const issue = async (call: string) =>
  one(await callAs<Issued & pg.QueryResultRow>(client, ada, `select * from public.${call}`));
const create = (name = "backend") => issue(`create_api_key('${workspace}', '${name}')`);
const answer = (call: string) => refusal(callAs(client, ada, `select public.${call}`));

/** Authenticates a key like the gateway, by default at the current time. */
async function opens(key: string | null, later = "0 days"): Promise<string | null> {
  const { rows } = await client.query<{ it: string | null }>(
    "select private.authenticate_api_key($1, now() + $2::interval) as it",
    [key, later],
  );
  return one(rows).it;
}

describe("an API key", () => {
  it("opens its workspace, and returns only the workspace's data", async () => {
    const { key } = await create();
    await client.query("set local role tenantry_gateway");
    const { rows } = await client.query("select * from public.authenticate_api_key($1)", [key]);
    expect(rows).toEqual([{ authenticate_api_key: workspace }]);
  });

  it("is shown once: only its digest and a prefix are stored", async () => {
    const { key, key_id } = await create();
    expect(key).toMatch(/^tnt_[A-Za-z0-9_-]{43}$/);
    const { rows } = await client.query("select prefix from public.api_keys where id = $1", [key_id]);
    expect(rows).toEqual([{ prefix: key.slice(0, 12) }]);
    const { rows: all } = await client.query<{ tables: string }>(
      "select (select json_agg(k)::text from public.api_keys k) || (select json_agg(h)::text from private.api_key_hashes h) as tables",
    );
    expect(one(all).tables).not.toContain(key.slice(12));
  });

  it("is one of several in its workspace, each with a name", async () => {
    expect((await create("backend")).key).not.toBe((await create("ci")).key);
    expect((await answer(`create_api_key('${workspace}', 'ci')`))?.code).toBe("PT409");
  });

  it("is valid besides the new one during the grace period after a rotation, and then expires", async () => {
    const before = await create();
    const after = await issue(`rotate_api_key('${before.key_id}', '2 days')`);
    expect([await opens(before.key, "47 hours"), await opens(after.key, "47 hours")]).toEqual([
      workspace,
      workspace,
    ]);
    expect([await opens(before.key, "49 hours"), await opens(after.key, "49 hours")]).toEqual([
      null,
      workspace,
    ]);
    expect((await answer(`rotate_api_key('${before.key_id}')`))?.code).toBe("PT409");
    expect((await answer(`rotate_api_key('${after.key_id}', '31 days')`))?.code).toBe("PT400");
  });

  it("opens nothing once it is revoked, and its name is free", async () => {
    const { key, key_id } = await create();
    expect(await answer(`revoke_api_key('${key_id}')`)).toBeUndefined();
    expect(await answer(`revoke_api_key('${key_id}')`)).toBeUndefined();
    expect(await opens(key)).toBeNull();
    expect(await opens((await create()).key)).toBe(workspace);
  });

  it.each(["requested", "suspended", "archived", "deleted"])(
    "opens nothing while its workspace is %s",
    async (state) => {
      const { key } = await create();
      await client.query("update public.workspaces set state = $1", [state]);
      expect(await opens(key)).toBeNull();
      await client.query("update public.workspaces set state = 'active'");
      expect(await opens(key)).toBe(workspace);
    },
  );

  it("gets the same response whether it is unknown, nearly right or missing", async () => {
    const { key } = await create();
    for (const wrong of ["", "tnt_", `${key}x`, key.slice(0, -1), key.toUpperCase(), null])
      expect(await opens(wrong)).toBeNull();
  });

  it("can be revoked, but not created or rotated, while the workspace is suspended", async () => {
    const { key_id } = await create();
    await client.query("update public.workspaces set state = 'suspended'");
    expect((await answer(`create_api_key('${workspace}', 'ci')`))?.code).toBe("PT409");
    expect((await answer(`rotate_api_key('${key_id}')`))?.code).toBe("PT409");
    expect(await answer(`revoke_api_key('${key_id}')`)).toBeUndefined();
  });

  it("can only be changed in the manifest if that declares it", async () => {
    const { key_id } = await create();
    await client.query("update public.api_keys set managed_by = 'manifest'");
    for (const call of [
      `rotate_api_key('${key_id}')`,
      `revoke_api_key('${key_id}')`,
      `create_api_key('${workspace}', 'backend')`,
    ])
      expect((await answer(call))?.hint).toMatch(
        /^change `apiKeys` in stacks\/camelai\/orgs\/ada-\w+\.yaml$/,
      );
  });
});
