import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { apiKeys } from "../../../../src/provider/resources/control-plane/api-keys.ts";
import { organization } from "../../../../src/provider/resources/control-plane/organization.ts";
import { workspace } from "../../../../src/provider/resources/control-plane/workspace.ts";
import { stableId } from "../../../../src/shared/ids.ts";
import { Life } from "../../life.ts";
import { type Live, startLive } from "../../live.ts";
import { controlPlaneOf, organizationOf, withCatalogue, workspaceOf } from "./control-plane.ts";

let live: Live;
let project: string;

beforeAll(async () => {
  live = await startLive();
  project = await withCatalogue(live, "keys");
  await new Life(organization, live.context()).up(organizationOf("keys"));
});
afterAll(() => live.stop());

type Keys = Record<string, { rotate?: string; graceSeconds?: number }>;

/** A workspace of its own for each test. */
async function workspaceWith(name: string, keys: Keys) {
  const { slack: _, apps: __, ...fields } = workspaceOf("keys", name);
  await new Life(workspace, live.context()).up({ ...fields, apps: {} });
  const id = stableId(`keys/acme/${name}`);
  const declare = (wanted: Keys) => ({
    controlPlane: controlPlaneOf("keys"),
    workspace: id,
    keys: wanted,
  });
  const life = new Life(apiKeys, live.context());
  await life.up(declare(keys));
  return {
    id,
    life,
    up: async (wanted: Keys) => valuesOf(await life.up(declare(wanted))),
    values: () => valuesOf(life.outputs),
  };
}

function valuesOf({ values }: { values: Record<string, { reveal(): string }> }): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value.reveal()]));
}

/** How a value stands with the control plane, by its hash alone, as a gateway would ask. */
async function standingOf(value: string): Promise<string> {
  const sha256 = createHash("sha256").update(value).digest("hex");
  const [row] = await live.sql(
    project,
    `select case when revoked_at is not null then 'revoked' when expires_at is null then 'open'
       when expires_at > now() then 'in grace' else 'expired' end as standing
     from private.api_key_hashes join public.api_keys on id = api_key_id where sha256 = '\\x${sha256}'`,
  );
  return String(row?.standing);
}

describe("control-plane:ApiKeys", () => {
  test("makes keys of which the database holds the hash and the first characters only", async () => {
    const { id, life, values } = await workspaceWith("made", { backend: {}, ci: { rotate: "2026-11" } });
    const { backend = "", ci = "" } = values();
    expect(backend).toMatch(/^tnt_[\w-]{43}$/);
    expect(ci).not.toBe(backend);
    expect(life.outputs.prefixes).toEqual({ backend: backend.slice(0, 12), ci: ci.slice(0, 12) });
    const [dump] = await live.sql(
      project,
      `select string_agg(to_jsonb(k)::text || encode(h.sha256, 'escape'), ',') as text
       from public.api_keys k join private.api_key_hashes h on api_key_id = id where workspace_id = '${id}'`,
    );
    expect(dump?.text).toContain("backend");
    expect(dump?.text).not.toContain(backend.slice(12));
    expect(await Promise.all([backend, ci].map(standingOf))).toEqual(["open", "open"]);
  });

  test("a second run, and a run that lost its state, make the same and touch no row", async () => {
    const { id, life, up, values } = await workspaceWith("again", { backend: {} });
    const first = values();
    const versions = () =>
      live.sql(project, `select id, xmin::text from public.api_keys where workspace_id = '${id}'`);
    const before = await versions();
    expect(await life.refresh()).toEqual([]);
    life.forget();
    expect(await up({ backend: {} })).toEqual(first);
    expect(await versions()).toEqual(before);
  });

  test("may be called like what every object inherits", async () => {
    const { life, up } = await workspaceWith("inherited", { backend: {}, constructor: { rotate: "a" } });
    expect(await life.refresh()).toEqual([]);
    expect(Object.keys(await up({ backend: {} }))).toEqual(["backend"]);
    expect(await life.refresh()).toEqual([]);
  });

  test("a rotation overlaps: the old value ends by itself, and repeating it gives no more time", async () => {
    const { id, life, up, values } = await workspaceWith("rotated", { ci: {} });
    const { ci: old = "" } = values();
    const { ci: now = "" } = await up({ ci: { rotate: "2026-11", graceSeconds: 3600 } });
    expect(now).not.toBe(old);
    expect([await standingOf(old), await standingOf(now)]).toEqual(["in grace", "open"]);
    expect(await life.refresh()).toEqual([]);

    const ends = () =>
      live.sql(project, `select expires_at from public.api_keys where workspace_id = '${id}' order by 1`);
    const before = await ends();
    life.forget();
    await up({ ci: { rotate: "2026-11", graceSeconds: 7200 } });
    expect(await ends()).toEqual(before);

    await live.sql(
      project,
      `update public.api_keys set expires_at = now() - interval '1 s' where expires_at is not null`,
    );
    expect([await standingOf(old), await standingOf(now)]).toEqual(["expired", "open"]);
    await expect(up({ ci: {} })).rejects.toThrow("can't go back to its first value");
  });

  test("a key that leaves the YAML is revoked at once, in grace or not, and never comes back as it was", async () => {
    const { up, values } = await workspaceWith("left", { backend: {}, ci: {} });
    const { ci: first = "", backend = "" } = values();
    const { ci: second = "" } = await up({ backend: {}, ci: { rotate: "b" } });
    expect(await up({ backend: {} })).toEqual({ backend });
    expect(await Promise.all([first, second, backend].map(standingOf))).toEqual([
      "revoked",
      "revoked",
      "open",
    ]);
    await expect(up({ backend: {}, ci: { rotate: "b" } })).rejects.toThrow(/`ci` .* was revoked/);
    const { ci: third = "" } = await up({ backend: {}, ci: { rotate: "c" } });
    expect(await standingOf(third)).toBe("open");
  });

  test("a key of the app is left alone until it is declared, and then keeps the value that it has", async () => {
    const { id, up, life } = await workspaceWith("apps", {});
    await live.sql(
      project,
      `insert into public.api_keys (id, workspace_id, name, prefix, managed_by)
         select gen_random_uuid(), '${id}', 'mobile', 'tnt_made_by_', 'app';
       insert into private.api_key_hashes
         select id, sha256('made by the app') from public.api_keys where name = 'mobile'`,
    );
    expect(await life.refresh()).toEqual([]);
    await up({});
    expect(await standingOf("made by the app")).toBe("open");
    expect(await up({ mobile: {} })).toEqual({});
    expect(life.outputs.prefixes).toEqual({ mobile: "tnt_made_by_" });
    expect(await life.refresh()).toEqual([]);
    const { mobile = "" } = await up({ mobile: { rotate: "1", graceSeconds: 60 } });
    expect([await standingOf("made by the app"), await standingOf(mobile)]).toEqual(["in grace", "open"]);
  });

  test.each([
    [
      "a hash that was changed",
      "update private.api_key_hashes set sha256 = sha256('evil') where api_key_id = (select id from mine)",
      "keys/backend",
    ],
    [
      "a key that was revoked",
      "update public.api_keys set revoked_at = now() where id = (select id from mine)",
      "keys/backend",
    ],
    [
      "an old value that lost its end",
      `update public.api_keys set expires_at = null where workspace_id = (select workspace_id from mine)`,
      "keys/backend/rotate",
    ],
  ])("sees %s as drift", async (what, change, path) => {
    const { id, life, up } = await workspaceWith(what.replaceAll(" ", "-"), { backend: {} });
    await up({ backend: { rotate: "b", graceSeconds: 60 } });
    await live.sql(
      project,
      `with mine as (select * from public.api_keys where workspace_id = '${id}' and rotation = 'b') ${change}`,
    );
    expect(await life.refresh()).toEqual([path]);
  });

  test.each(["hold-before", "hold-after"] as const)(
    "goes on after a kill at the commit, %s",
    async (kind) => {
      const { id, up } = await workspaceWith(kind, {});
      const inputs = { controlPlane: controlPlaneOf("keys"), workspace: id, keys: { ci: {} } };
      const fault = { kind, service: "postgres", match: "commit" } as const;
      await live.killed(fault, (context) => new Life(apiKeys, context).up(inputs));
      const { ci = "" } = await up({ ci: {} });
      expect(await standingOf(ci)).toBe("open");
    },
  );

  test("removing it revokes what the manifest made", async () => {
    const { life, values } = await workspaceWith("removed", { backend: {} });
    const { backend = "" } = values();
    await life.remove();
    await life.remove();
    expect(await standingOf(backend)).toBe("revoked");
  });
});
