import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { organization, PLATFORM, World } from "./harness.ts";

const NEW = "a new root secret of more than 32 characters";
const SPIKE = "personal: {}\n  spike: { apiKeys: { ci: {} }";

describe("a rotation of the root secret", () => {
  let world: World;
  let old: string;
  let spike: string;
  let oldKey: string;

  beforeAll(async () => {
    world = await World.open({
      "tiny/platform.yaml": PLATFORM,
      "tiny/orgs/acme.yaml": organization("acme", `${SPIKE} }`),
    });
    old = world.sandbox.env.TENANTRY_ROOT_SECRET;
    await up();
    oldKey = await deliveredKey();
    spike = await projectNamed(/^tiny--acme--spike--/);
    await sql(spike, "insert into public.files (path, created_by) values ('kept.md', null)");
    world.write("tiny/orgs/acme.yaml", organization("acme", `${SPIKE}, state: archived }`));
    await up();
    world.write("tiny/orgs/acme.yaml", organization("acme", `${SPIKE}, state: active }`));
    await up();
    await sql(spike, "delete from public.files");
  });
  afterAll(() => world?.close());

  /** Sets the root secrets of later processes. The sandbox's settings contain the current one. */
  function useRoots(current: string, previous = ""): void {
    const file = join(world.sandbox.folder, "sandbox.json");
    const settings = JSON.parse(readFileSync(file, "utf8")) as { env: Record<string, string> };
    writeFileSync(
      file,
      JSON.stringify({ ...settings, env: { ...settings.env, TENANTRY_ROOT_SECRET: current } }),
    );
    world.planted.TENANTRY_ROOT_SECRET_PREVIOUS = previous;
  }

  async function up() {
    const ended = await world.tenantry("up", "--yes");
    expect(ended, ended.stdout + ended.stderr).toMatchObject({ code: 0 });
    return ended;
  }

  async function deliveredKey(): Promise<string> {
    const file = join(world.folder, "ci.key");
    const args = ["--deliver", "apiKeys/spike/ci", "--to-file", file];
    const ended = await world.tenantry("outputs", "tiny.acme", ...args);
    expect(ended, ended.stderr).toMatchObject({ code: 0 });
    return readFileSync(file, "utf8");
  }

  /** The ref of the project whose name matches. */
  async function projectNamed(form: RegExp): Promise<string> {
    const { SUPABASE_API_URL, SUPABASE_ACCESS_TOKEN } = world.sandbox.env;
    const headers = { authorization: `Bearer ${SUPABASE_ACCESS_TOKEN}` };
    const response = await fetch(`${SUPABASE_API_URL}/v1/projects`, { headers });
    const projects = (await response.json()) as { ref: string; name: string }[];
    return projects.find(({ name }) => form.test(name))?.ref ?? "";
  }

  async function sql(ref: string, text: string): Promise<unknown[]> {
    const client = new pg.Client(world.sandbox.databaseUrl(ref));
    await client.connect();
    try {
      return (await client.query(text)).rows.map((row) => Object.values(row)[0]);
    } finally {
      await client.end();
    }
  }

  async function isAccepted(key: string): Promise<boolean> {
    const controlPlane = await projectNamed(/^tiny--((?!--).)*$/);
    const [accepted] = await sql(controlPlane, `select private.authenticate_api_key('${key}') is not null`);
    return accepted === true;
  }

  function restore() {
    const folder = world.sandbox.env.TENANTRY_ARCHIVES;
    const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
    const archive = names.find((name) => name.endsWith(".archive")) ?? "";
    return world.tenantry("restore", join(folder, archive), "tiny.acme/spike", "--json");
  }

  it("is refused without the previous root secret, before any write", async () => {
    useRoots(NEW);
    const mark = world.mark();
    const refused = await world.tenantry("up", "--yes");
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.stdout + refused.stderr).toMatch(
      /This was derived from the root secret [0-9a-f]{8}[\s\S]*add it to TENANTRY_ROOT_SECRET_PREVIOUS/,
    );
    expect(world.writesSince(mark)).toEqual([]);
  });

  it("is described in a preview, with the stacks that depend on the previous root secret", async () => {
    useRoots(NEW, old);
    const preview = await world.tenantry("preview");
    expect(preview, preview.stdout + preview.stderr).toMatchObject({ code: 2 });
    expect(preview.stdout).toContain("derives the database passwords from the new root secret");
    expect(preview.stdout).toContain("derives the values of the API keys from the new root secret");
    expect(preview.stdout).not.toMatch(/derived ?from: /i);
    expect(preview.stderr).toMatch(/depend on a previous root secret: tiny\.platform, tiny\.acme\./);
  });

  it("changes the values of keys, and the old values are accepted during the grace period", async () => {
    const { stderr } = await up();
    expect(stderr).toContain("None of these stacks depends on a previous root secret.");
    const key = await deliveredKey();
    expect(key).not.toBe(oldKey);
    expect([await isAccepted(oldKey), await isAccepted(key)]).toEqual([true, true]);
  });

  it("needs no further changes, with or without the previous root secret", async () => {
    const mark = world.mark();
    for (const previous of [old, ""]) {
      useRoots(NEW, previous);
      const preview = await world.tenantry("preview", "--no-skip");
      expect(preview, preview.stdout + preview.stderr).toMatchObject({ code: 0 });
      await up();
    }
    expect(world.writesSince(mark)).toEqual([]);
  });

  it("doesn't change archives, which need the root secret that sealed them", async () => {
    useRoots(NEW);
    expect(await restore()).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(
        /encrypted with the root secret [0-9a-f]{8}, which this run doesn't have/,
      ),
    });
    useRoots(NEW, old);
    const restored = await restore();
    expect(restored, restored.stderr).toMatchObject({ code: 0 });
    expect(await sql(spike, "select path from public.files")).toEqual(["kept.md"]);
  });

  it("refuses a process that has only the old root secret", async () => {
    useRoots(old);
    const mark = world.mark();
    const refused = await world.tenantry("up", "--yes");
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.stdout + refused.stderr).toMatch(
      /If [0-9a-f]{8} is newer, set TENANTRY_ROOT_SECRET to it/,
    );
    expect(world.writesSince(mark)).toEqual([]);
  });
});
