import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import fc from "fast-check";
import pg from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { selfSigned } from "../src/certificate.ts";
import { MessageReader, message, startupPacket } from "../src/pooler/messages.ts";
import { WriteDetector } from "../src/pooler/statements.ts";
import { type LocalSandbox, openSandbox, PASSWORD, until } from "./local-sandbox.ts";

let local: LocalSandbox;
let ref: string;
beforeAll(async () => {
  local = await openSandbox();
  ref = await local.project("pooled");
});
afterAll(() => local.close());
afterEach(() => {
  local.sandbox.setFaults([]);
  local.sandbox.clearRequests();
});

describe("connecting through the pooler", () => {
  test("as postgres.<ref> with the project's password opens a session as postgres", async () => {
    const client = await local.connect(`postgres.${ref}`);
    const { rows } = await client.query("select current_user, current_database()");
    expect(rows).toEqual([{ current_user: "postgres", current_database: "postgres" }]);
  });

  test.each([
    [
      "a wrong password",
      () => `postgres.${ref}`,
      "guess",
      '28P01: password authentication failed for user "postgres"',
    ],
    [
      "an unknown project",
      () => "postgres.abcdefghijklmnopqrst",
      PASSWORD,
      "XX000: Tenant or user not found",
    ],
    ["a user without a project", () => "postgres", PASSWORD, "XX000: Tenant or user not found"],
    ["a role that can't log in", () => `anon.${ref}`, PASSWORD, "28P01: password authentication failed"],
  ])("with %s fails with Supabase's error", async (_, user, password, expected) => {
    await expect(reach(user(), password)).rejects.toThrow(expected);
  });

  test("as another role requires the role's own password", async () => {
    await local.query(ref, "create role gateway login password 'its-own'");
    const client = await local.connect(`gateway.${ref}`, "its-own");
    expect((await client.query("select current_user")).rows).toEqual([{ current_user: "gateway" }]);
    await expect(reach(`gateway.${ref}`, PASSWORD)).rejects.toThrow("28P01");
  });

  test("with the old password fails after a password change", async () => {
    const other = await local.project("changing");
    await reach(`postgres.${other}`, PASSWORD);
    await local.call("PATCH", `/v1/projects/${other}/database/password`, { password: "a-new-one" });
    await expect(reach(`postgres.${other}`, PASSWORD)).rejects.toThrow("28P01");
    await reach(`postgres.${other}`, "a-new-one");
  });

  test("fails if unencrypted data follows the SSL request, because a man in the middle may have injected it", async () => {
    const socket = connect(poolerPort(), "127.0.0.1");
    const request = Buffer.alloc(8);
    request.writeUInt32BE(8, 0);
    request.writeUInt32BE(80_877_103, 4);
    socket.write(Buffer.concat([request, Buffer.from("more")]));
    expect(await firstBytes(socket)).toContain("received unencrypted data after SSL request");
    socket.destroy();
  });

  test("works with a startup packet that arrives byte by byte", async () => {
    const socket = connect({ port: poolerPort(), host: "127.0.0.1", noDelay: true });
    for (const byte of startupPacket(new Map([["user", "postgres.nobody"]]))) socket.write(Buffer.of(byte));
    expect(await firstBytes(socket)).toContain("Tenant or user not found");
  });
});

describe("a TLS connection", () => {
  const enforce = (of: string, database: boolean) =>
    local.call("PUT", `/v1/projects/${of}/ssl-enforcement`, { requestedConfig: { database } });

  test("is verified with the certificate in PGSSLROOTCERT", async () => {
    const client = new pg.Client({
      ...address(),
      user: `postgres.${ref}`,
      password: PASSWORD,
      ssl: verified(),
    });
    await client.connect();
    const long = "x".repeat(200_000);
    expect((await client.query("select $1::text as long", [long])).rows).toEqual([{ long }]);
    await client.end();
  });

  test("fails with another certificate", async () => {
    const ssl = { ca: selfSigned(Date.now()).certificate };
    await expect(reach(`postgres.${ref}`, PASSWORD, ssl)).rejects.toThrow("self-signed certificate");
  });

  test("is required by a project that enforces SSL, before the password is checked", async () => {
    const other = await local.project("encrypted");
    await enforce(other, true);
    await expect(reach(`postgres.${other}`, "guess")).rejects.toThrow(
      "XX000: (ESSLREQUIRED) SSL connection is required for user: postgres",
    );
    await reach(`postgres.${other}`, PASSWORD, verified());
    await enforce(other, false);
    await reach(`postgres.${other}`, PASSWORD);
  });
});

describe("network restrictions", () => {
  let abroad: LocalSandbox;
  let of: string;
  beforeAll(async () => {
    abroad = await openSandbox({ clientAddress: "203.0.113.7" });
    of = await abroad.project("restricted");
  });
  afterAll(() => abroad.close());
  const allow = (dbAllowedCidrs: string[], dbAllowedCidrsV6: string[] = []) =>
    abroad.call("POST", `/v1/projects/${of}/network-restrictions/apply`, {
      dbAllowedCidrs,
      dbAllowedCidrsV6,
    });
  const REFUSED = "(EADDRNOTALLOWED) address not in tenant allow_list: {203, 0, 113, 7}";

  test.each([
    [["203.0.113.7/32"], true],
    [["198.51.100.0/24", "203.0.113.0/25"], true],
    [["0.0.0.0/0"], true],
    [["203.0.113.8/32"], false],
    [["203.0.113.128/25"], false],
    [[], false],
  ])("%j allow 203.0.113.7: %s", async (cidrs, isIn) => {
    await allow(cidrs);
    const connected = abroad.connect(`postgres.${of}`);
    if (isIn) await connected;
    else await expect(connected).rejects.toThrow(REFUSED);
  });

  test("for IPv6 don't allow connections through the pooler, which uses IPv4", async () => {
    await allow([], ["::/0"]);
    await expect(abroad.connect(`postgres.${of}`)).rejects.toThrow(REFUSED);
  });

  test("don't apply to the Management API", async () => {
    await allow([]);
    expect((await abroad.query(of, "select 1 as one")).body).toEqual([{ one: 1 }]);
  });

  test("without `clientAddress` allow this machine if the list isn't empty", async () => {
    const other = await local.project("restricted");
    const path = `/v1/projects/${other}/network-restrictions/apply`;
    await local.call("POST", path, { dbAllowedCidrs: ["198.51.100.0/24"] });
    await local.connect(`postgres.${other}`);
    await local.call("POST", path, { dbAllowedCidrs: [] });
    await expect(local.connect(`postgres.${other}`)).rejects.toThrow("EADDRNOTALLOWED");
  });
});

describe("a session", () => {
  test("supports transactions, prepared statements and errors", async () => {
    const client = await local.connect(`postgres.${ref}`);
    await client.query("create table numbers (n int)");
    await client.query("begin");
    for (const n of [1, 2, 3])
      await client.query({ name: "add", text: "insert into numbers values ($1)", values: [n] });
    await client.query("savepoint s; insert into numbers values (9)");
    await client.query("rollback to s; commit");
    const { rows } = await client.query("select array_agg(n order by n) as all from numbers");
    expect(rows).toEqual([{ all: [1, 2, 3] }]);
    await expect(client.query("select 1/0")).rejects.toThrow("division by zero");
    expect((await client.query("select 1 as still")).rows).toEqual([{ still: 1 }]);
  });

  test("receives notices", async () => {
    const client = await local.connect(`postgres.${ref}`);
    const heard = new Promise((resolve) => client.once("notice", resolve));
    await client.query("do $$ begin raise notice 'hello'; end $$");
    expect(await heard).toMatchObject({ message: "hello" });
  });

  test("ends when the database restarts", async () => {
    const other = await local.project("restarted");
    const client = await local.connect(`postgres.${other}`);
    const ended = new Promise((resolve) => client.once("end", resolve));
    await local.call("PUT", `/v1/projects/${other}/ssl-enforcement`, { requestedConfig: { database: true } });
    await ended;
    await reach(`postgres.${other}`, PASSWORD, verified());
  });

  test("is recorded with its statements and values and whether they write", async () => {
    const client = await local.connect(`postgres.${ref}`);
    await client.query("create table if not exists seen (word text)");
    await client.query("insert into seen values ($1)", ["a planted word"]);
    await client.query("select * from seen");
    const records = local.sandbox.requests().filter(({ service }) => service === "postgres");
    expect(records.map(({ path, write, status }) => [path, write, status])).toEqual([
      ["create table if not exists seen (word text)", true, 200],
      ["insert into seen values ($1)", true, 200],
      ["select * from seen", false, 200],
    ]);
    expect(records[1]?.body).toContain("a planted word");
  });
});

describe("a fault on a statement", () => {
  test.each([
    ["drop-before", 0],
    ["drop-after", 1],
  ] as const)("%s closes the connection; rows written: %i", async (kind, rows) => {
    await local.query(ref, "drop table if exists dropped; create table dropped (n int)");
    const client = await local.connect(`postgres.${ref}`);
    local.sandbox.setFaults([{ kind, service: "postgres", match: "^insert" }]);
    await expect(client.query("insert into dropped values ($1)", [1])).rejects.toThrow(
      "Connection terminated",
    );
    local.sandbox.setFaults([]);
    expect((await local.query(ref, "select * from dropped")).body).toHaveLength(rows);
  });

  test("drop-after on a commit closes the connection after the commit took effect", async () => {
    await local.query(ref, "drop table if exists committed; create table committed (n int)");
    const client = await local.connect(`postgres.${ref}`);
    local.sandbox.setFaults([
      { kind: "drop-after", service: "postgres", match: "^commit", writesOnly: true },
    ]);
    await client.query("begin");
    await client.query("insert into committed values (1)");
    await expect(client.query("commit")).rejects.toThrow("Connection terminated");
    local.sandbox.setFaults([]);
    expect((await local.query(ref, "select * from committed")).body).toHaveLength(1);
  });

  test("hold-before has no effect if the client disconnects", async () => {
    await local.query(ref, "drop table if exists held; create table held (n int)");
    const client = await local.connect(`postgres.${ref}`);
    local.sandbox.setFaults([{ kind: "hold-before", service: "postgres", match: "^insert" }]);
    const insert = client.query("insert into held values (1)").catch(() => "ended");
    expect(await local.sandbox.held()).toMatchObject({ service: "postgres", write: true });
    const { stream } = (client as unknown as { connection: { stream: Socket } }).connection;
    stream.destroy();
    expect(await insert).toBe("ended");
    local.sandbox.setFaults([]);
    local.sandbox.release();
    expect((await local.query(ref, "select * from held")).body).toHaveLength(0);
  });

  test("429 returns the pooler's error", async () => {
    const client = await local.connect(`postgres.${ref}`);
    local.sandbox.setFaults([{ kind: "429", service: "postgres" }]);
    await expect(client.query("select 1")).rejects.toThrow("max client connections reached");
  });
});

describe("statements count as a write", () => {
  test.each([
    ["select 1", false],
    ["-- a note\n select 1", false],
    ["SELECT 1; insert into t values (1)", true],
    ["select 'insert; update'", false],
    ["with gone as (delete from t returning *) select * from gone", true],
    ["begin; select 1; commit", false],
    ["begin; update t set n = 1; commit", true],
    ["do $$ begin insert into t values (1); end $$", true],
    ["set role anon; show search_path", false],
    ["", false],
  ])("%s: %s", (sql, write) => {
    expect(new WriteDetector().isWrite(sql)).toBe(write);
  });

  test("if they commit a transaction that contains a write", () => {
    const judge = new WriteDetector();
    const texts = [
      "begin",
      "commit",
      "begin",
      "delete from t",
      "commit",
      "begin",
      "delete from t",
      "rollback",
      "commit",
    ];
    expect(texts.map((text) => judge.isWrite(text))).toEqual([
      ...[false, false, false, true, true, false, true, false, false],
    ]);
  });
});

test("messages are read correctly from a stream that is split anywhere", () => {
  const messages = fc.array(fc.tuple(fc.constantFrom("Q", "P", "S"), fc.string({ maxLength: 20 })), {
    maxLength: 8,
  });
  fc.assert(
    fc.property(messages, fc.array(fc.nat(200)), (given, cuts) => {
      const stream = Buffer.concat(given.map(([type, text]) => message(type, Buffer.from(text))));
      const at = [0, ...cuts.filter((cut) => cut < stream.length), stream.length].sort((a, b) => a - b);
      const reader = new MessageReader();
      const read = at.slice(1).flatMap((end, index) => reader.read(stream.subarray(at[index], end)));
      expect(read.map(({ type, payload }) => [type, payload.toString()])).toEqual(given);
    }),
  );
});

function poolerPort(): number {
  return Number(new URL(local.sandbox.databaseUrl(ref)).port);
}

function address(): { host: string; port: number; database: string } {
  return { host: "127.0.0.1", port: poolerPort(), database: "postgres" };
}

function verified(): { ca: string } {
  return { ca: readFileSync(local.sandbox.env.PGSSLROOTCERT, "utf8") };
}

async function reach(user: string, password: string, ssl: pg.ClientConfig["ssl"] = false): Promise<void> {
  const client = new pg.Client({ ...address(), user, password, ssl });
  try {
    await client.connect();
  } catch (error) {
    if (error instanceof pg.DatabaseError) throw new Error(`${error.code}: ${error.message}`);
    throw error;
  } finally {
    await client.end();
  }
}

async function firstBytes(socket: Socket): Promise<string> {
  let text = "";
  socket.on("data", (chunk: Buffer) => {
    text += chunk.toString("latin1");
  });
  await until(() => text !== "");
  return text;
}
