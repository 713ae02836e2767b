import { execFileSync } from "node:child_process";
import { createCipheriv, randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { Secret } from "@tenantry/core/secret";
import type pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { databaseDefinition } from "../../infra/database.ts";
import { dump } from "../../src/archive/dump.ts";
import { isRestored, restore } from "../../src/archive/restore.ts";
import { readSealed, writeSealed } from "../../src/archive/sealed-file.ts";
import { verified } from "../../src/archive/verify.ts";
import type { Query } from "../../src/vendors/postgres/database.ts";
import { type Database, startDatabase } from "../databases/database.ts";

const KEY = { id: "0a1b2c3d", secret: new Secret(Buffer.alloc(32, 7).toString("base64url")) };
const WORKSPACE = "5f0f4c1e-0000-4000-8000-000000000001";
const NEXT = "5f0f4c1e-0000-4000-8000-000000000002";
const USER = "5f0f4c1e-0000-4000-8000-000000000003";
const ORIGIN = {
  workspace: WORKSPACE,
  organization: "5f0f4c1e-0000-4000-8000-000000000004",
  project: "tiny--acme--spike--5f0f4c1e",
};
const { schemas, migrations } = databaseDefinition("workspace").schema;

let database: Database;
let folder: string;
let file: string;
let client: pg.Client;
let query: Query;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tenantry-archive-"));
  file = join(folder, "acme", "it.archive");
  database = await startDatabase("workspace");
  client = await database.connect();
  query = async <Row extends object>(text: string, values: readonly unknown[] = []) =>
    (await client.query<Row>(text, [...values])).rows;
  await fill();
  await inTransaction("begin isolation level repeatable read read only", () =>
    writeSealed(file, KEY, dump(query, ORIGIN, schemas)),
  );
});
afterAll(async () => {
  await database.stop();
  await rm(folder, { recursive: true });
});

/** Inserts values that naive dumps get wrong. */
async function fill(): Promise<void> {
  await settle(WORKSPACE);
  // Some names are older than the rule for paths. A restore must keep them.
  await client.query("set tenantry.restoring = 'on'");
  await client.query(`
    insert into public.workspace_members (email, role, user_id) values ('ada@acme.example', 'owner', '${USER}');
    insert into public.files (path, bytes) select 'reports/' || n, 9007199254740993 from generate_series(1, 1203) as n;
    insert into public.files (path) values (E'odd\\u2028\\t"\\\\.'), ('ünï/😀'), (E'two\\nlines');
    insert into public.chats (id, title) values ('${USER}', '');
    insert into public.messages (chat_id, role, content) values
      ('${USER}', 'user', 'null'), ('${USER}', 'tool', '{"n": 1.50, "x": [null, "\\u2028"]}');
    insert into public.agent_state (agent, key, value, updated_at) values ('a', 'k', '[]', '2026-01-01 00:00:00.123456+03');
  `);
  await client.query("reset tenantry.restoring");
}

function settle(workspace: string, issuer = "https://issuer.example"): Promise<unknown> {
  return client.query("insert into private.settings (workspace_id, issuer) values ($1, $2)", [
    workspace,
    issuer,
  ]);
}

const TABLES = ["agent_state", "chats", "files", "messages", "workspace_members"].map(
  (name) => `public.${name}`,
);

async function everything(): Promise<readonly { readonly name: string; readonly row: string }[]> {
  const all = TABLES.map((name) => `select '${name}' as name, to_jsonb(t)::text as row from ${name} t`);
  return query(`${all.join(" union all ")} order by 1, 2`);
}

async function empty(): Promise<void> {
  await client.query(`truncate private.settings, ${TABLES.join(", ")} cascade`);
}

async function inTransaction<T>(begin: string, work: () => Promise<T>): Promise<T> {
  await client.query(begin);
  try {
    const result = await work();
    await client.query("commit");
    return result;
  } catch (error) {
    await client.query("rollback");
    throw error;
  }
}

async function restored(workspace: string, from = file): Promise<Record<string, number>> {
  const checked = await readSealed(file, [KEY], (lines) => verified(lines));
  return readSealed(from, [KEY], (lines) =>
    inTransaction("begin", () => restore(query, workspace, checked, lines)),
  );
}

describe("an archive of a workspace's database", () => {
  let before: Awaited<ReturnType<typeof everything>>;
  beforeAll(async () => {
    before = (await everything()).filter(({ name }) => name !== "public.workspace_members");
  });
  beforeEach(empty);

  test("restores exactly what was dumped", async () => {
    await settle(WORKSPACE);
    expect(await restored(WORKSPACE)).toEqual({
      "public.agent_sessions": 0,
      "public.agent_state": 1,
      "public.chats": 1,
      "public.files": 1206,
      "public.messages": 2,
    });
    expect(await everything()).toEqual(before);
  });

  test("can be restored twice, and beside existing rows", async () => {
    await settle(WORKSPACE);
    await restored(WORKSPACE);
    expect(Object.values(await restored(WORKSPACE))).toEqual([0, 0, 0, 0, 0]);
    expect(await everything()).toEqual(before);
  });

  test("restores no members and no settings, into an empty workspace and beside current members", async () => {
    await settle(WORKSPACE, "https://issuer.today.example");
    await restored(WORKSPACE);
    expect(await query("select email from public.workspace_members")).toEqual([]);
    await query("insert into public.workspace_members (email, role) values ('eve@acme.example', 'member')");
    await restored(WORKSPACE);
    expect(await query("select email from public.workspace_members")).toEqual([
      { email: "eve@acme.example" },
    ]);
    expect(await query("select issuer from private.settings")).toEqual([
      { issuer: "https://issuer.today.example" },
    ]);
  });

  test("decides for every table of a workspace whether a restore writes it", async () => {
    const tables = await query<{ name: string }>(
      `select relnamespace::regnamespace || '.' || relname as name from pg_class
       where relkind in ('r', 'p') and relnamespace::regnamespace::text = any ($1) order by 1`,
      [schemas],
    );
    expect(Object.fromEntries(tables.map(({ name }) => [name, isRestored(name)]))).toEqual({
      "private.settings": false,
      "public.agent_sessions": true,
      "public.agent_state": true,
      "public.chats": true,
      "public.files": true,
      "public.messages": true,
      "public.workspace_members": false,
    });
  });

  test("restores a table without a key only if it is empty, so that a repeated restore duplicates nothing", async () => {
    await settle(WORKSPACE);
    await query("create table public.notes as select 1 as n union all select 1");
    const noted = join(folder, "noted");
    try {
      await inTransaction("begin isolation level repeatable read read only", () =>
        writeSealed(noted, KEY, dump(query, ORIGIN, schemas)),
      );
      const checked = await readSealed(noted, [KEY], (lines) => verified(lines));
      const again = () =>
        readSealed(noted, [KEY], (lines) =>
          inTransaction("begin", () => restore(query, WORKSPACE, checked, lines)),
        );
      expect(await again()).toMatchObject({ "public.notes": 0 });
      await query("truncate public.notes");
      expect(await again()).toMatchObject({ "public.notes": 2 });
      expect(await again()).toMatchObject({ "public.notes": 0 });
      expect(await query("select n from public.notes")).toHaveLength(2);
      await query("drop table public.notes");
      await expect(again()).rejects.toThrow(/lacks a part of the archive's schema: the table public.notes/);
      await expect(query("select from public.files")).resolves.toEqual([]);
    } finally {
      await query("drop table if exists public.notes");
    }
  });

  test("is refused, and writes nothing, if the file changed since it was checked", async () => {
    await settle(WORKSPACE);
    await query("insert into public.files (path) values ('another')");
    const other = join(folder, "other");
    await inTransaction("begin isolation level repeatable read read only", () =>
      writeSealed(other, KEY, dump(query, ORIGIN, schemas)),
    );
    await query("delete from public.files");
    await expect(restored(WORKSPACE, other)).rejects.toThrow("changed during the restore");
    expect(await query("select from public.files")).toEqual([]);
  });

  test("writes nothing if a statement fails", async () => {
    await settle(WORKSPACE);
    await query("alter table public.messages add constraint never check (role <> 'tool')");
    try {
      await expect(restored(WORKSPACE)).rejects.toThrow();
      expect(await everything()).toEqual([]);
    } finally {
      await query("alter table public.messages drop constraint never");
    }
  });

  test("restores into the next generation of the workspace", async () => {
    await settle(NEXT);
    await restored(NEXT);
    expect(await query("select distinct workspace_id from public.files")).toEqual([{ workspace_id: NEXT }]);
    expect(await query("select count(*)::int as files from public.files")).toEqual([{ files: 1206 }]);
    expect(await query("select workspace_id from private.settings")).toEqual([{ workspace_id: NEXT }]);
  });

  test("is refused by a database without its migrations, which stays unchanged", async () => {
    await settle(WORKSPACE);
    const altered = await query(
      "update tenantry.migrations set checksum = 'other' where name like '0002%' returning *",
    );
    expect(altered).toHaveLength(1);
    try {
      await expect(restored(WORKSPACE)).rejects.toThrow(/lacks a part of the archive's schema: 0002_members/);
    } finally {
      const [wanted] = Object.entries(migrations).filter(([name]) => name.startsWith("0002"));
      await query("update tenantry.migrations set checksum = $1 where name like '0002%'", [
        wanted?.[1].checksum,
      ]);
    }
    expect(await query("select from public.files")).toEqual([]);
  });
});

describe("an archive's file", () => {
  const read = (path: string, key = KEY) => readSealed(path, [key], (lines) => verified(lines));

  const OTHER = { id: "99999999", secret: new Secret(Buffer.alloc(32, 8).toString("base64url")) };

  test("can't be read without the secret, and the error names the one it needs", async () => {
    expect((await readFile(file)).includes("ada@acme.example")).toBe(false);
    expect((await readFile(file)).subarray(0, 28).toString()).toBe("TENANTRY-ARCHIVE-2\n0a1b2c3d\n");
    await expect(read(file, OTHER)).rejects.toThrow("encrypted with the root secret 0a1b2c3d");
    await expect(read(file, { ...OTHER, id: KEY.id })).rejects.toThrow("encrypted with another root secret");
  });

  test("is read with the matching one of several keys", async () => {
    const { head } = await readSealed(file, [OTHER, KEY], (lines) => verified(lines));
    expect(head.workspace).toBe(WORKSPACE);
  });

  test("of version 1, which names no key, is read with the matching one of several keys", async () => {
    const first = join(folder, "first");
    await writeFile(first, await sealedAsVersion1(file));
    const { head } = await readSealed(first, [OTHER, KEY], (lines) => verified(lines));
    expect(head.workspace).toBe(WORKSPACE);
    await expect(read(first, OTHER)).rejects.toThrow("encrypted with another root secret");
  });

  test("that names a wrong key is refused", async () => {
    const renamed = join(folder, "renamed");
    const bytes = await readFile(file);
    await writeFile(
      renamed,
      Buffer.concat([Buffer.from("TENANTRY-ARCHIVE-2\n99999999\n"), bytes.subarray(28)]),
    );
    await expect(read(renamed)).rejects.toThrow("encrypted with the root secret 99999999");
    await expect(read(renamed, { ...KEY, id: OTHER.id })).rejects.toThrow("it is damaged");
  });

  test.each([
    ["was truncated", (bytes: Buffer) => bytes.subarray(0, bytes.length - 40)],
    ["was truncated near the start", (bytes: Buffer) => bytes.subarray(0, 20)],
    [
      "has a flipped bit",
      (bytes: Buffer) => Buffer.from(bytes.map((byte, at) => (at === 2000 ? byte ^ 1 : byte))),
    ],
    ["is something else", () => Buffer.from("x".repeat(200))],
    [
      "has another head",
      (bytes: Buffer) => Buffer.from(bytes.map((byte, at) => (at === 40 ? byte ^ 1 : byte))),
    ],
  ])("that %s is refused", async (what, spoil) => {
    const spoilt = join(folder, what);
    await writeFile(spoilt, spoil(await readFile(file)));
    await expect(read(spoilt)).rejects.toThrow("can't be read: it is damaged");
  });

  test.each([
    ["lacks a row", (lines: string[]) => lines.filter((_, at) => at !== 5)],
    ["has another value", (lines: string[]) => lines.map((line) => line.replace("reports/77", "reports/78"))],
    ["ends within a table", (lines: string[]) => lines.slice(0, 40)],
  ])("that %s isn't accepted as verified", async (what, spoil) => {
    const lines = await readSealed(file, [KEY], async (all) => {
      const read: string[] = [];
      for await (const line of all) read.push(line);
      return read;
    });
    const spoilt = join(folder, what);
    await writeSealed(spoilt, KEY, each(spoil(lines)));
    await expect(read(spoilt)).rejects.toThrow("the archive is corrupt");
  });
});

describe("a path that isn't an archive file", () => {
  test("is refused without blocking: a pipe, a folder", async () => {
    const pipe = join(folder, "pipe");
    execFileSync("mkfifo", [pipe]);
    for (const path of [pipe, folder])
      await expect(readSealed(path, [KEY], (lines) => verified(lines))).rejects.toThrow("can't be read");
  });

  test("is never written: a link, an existing file", async () => {
    const [link, target] = [join(folder, "link"), join(folder, "target")];
    await writeFile(target, "somebody's");
    await symlink(target, link);
    for (const path of [link, target])
      await expect(writeSealed(path, KEY, each(["{}"]))).rejects.toThrow("EEXIST");
    expect(await readFile(target, "utf8")).toBe("somebody's");
  });

  test("is refused by its format's version", async () => {
    const later = join(folder, "later");
    await writeSealed(later, KEY, each([JSON.stringify({ archive: 3, workspace: WORKSPACE })]));
    await expect(readSealed(later, [KEY], (lines) => verified(lines))).rejects.toThrow("has the format 3");
  });
});

async function sealedAsVersion1(archive: string): Promise<Buffer> {
  const lines = await readSealed(archive, [KEY], async (all) => {
    const read: string[] = [];
    for await (const line of all) read.push(`${line}\n`);
    return read.join("");
  });
  const nonce = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", Buffer.from(KEY.secret.reveal(), "base64url"), nonce);
  const sealed = [cipher.update(gzipSync(lines)), cipher.final()];
  return Buffer.concat([Buffer.from("TENANTRY-ARCHIVE-1\n"), nonce, ...sealed, cipher.getAuthTag()]);
}

async function* each(lines: readonly string[]): AsyncGenerator<string> {
  yield* lines;
}
