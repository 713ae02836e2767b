import { createHash } from "node:crypto";
import { Secret } from "@tenantry/core/secret";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type * as z from "zod";
import type { Resource } from "../../src/provider/resource.ts";
import { apiKeys } from "../../src/provider/resources/control-plane/api-keys.ts";
import { claimTokens } from "../../src/provider/resources/control-plane/claim-tokens.ts";
import { organization } from "../../src/provider/resources/control-plane/organization.ts";
import { workspace } from "../../src/provider/resources/control-plane/workspace.ts";
import { project } from "../../src/provider/resources/supabase/project.ts";
import { ready } from "../../src/provider/resources/supabase/ready.ts";
import { serveProvider } from "../../src/provider/runtime/server.ts";
import { deriveDatabasePassword } from "../../src/shared/derive.ts";
import { stableId } from "../../src/shared/ids.ts";
import { RootSecrets } from "../../src/shared/root-secret.ts";
import { dataOf } from "../../src/vendors/supabase/client.ts";
import { json, localServer } from "../vendors/http/local-server.ts";
import { ProtocolClient } from "./engine.ts";
import { Life } from "./life.ts";
import { type Live, SUPABASE_ORGANIZATION, startLive } from "./live.ts";
import {
  controlPlaneOf,
  organizationOf,
  withCatalogue,
  workspaceOf,
} from "./resources/control-plane/control-plane.ts";

let live: Live;
let controlPlane: string;
let old: string;

const NEW = "a new root secret of more than 32 characters";
const LATER = "a root secret of a later rotation, and as long";
const fingerprintOf = (text: string) => new RootSecrets(new Secret(text)).current.fingerprint;

beforeAll(async () => {
  live = await startLive();
  old = live.sandbox.env.TENANTRY_ROOT_SECRET;
  controlPlane = await withCatalogue(live, "turn");
  await new Life(organization, live.context()).up({
    ...organizationOf("turn"),
    limits: { seats: 99, perWorkspaceAccess: true },
  });
});
afterAll(() => live.stop());

type Env = Readonly<Record<string, string>>;

/** The environment of a run with a current and previous root secrets. */
function rootsOf(current: string, ...previous: string[]): Env {
  return { TENANTRY_ROOT_SECRET: current, TENANTRY_ROOT_SECRET_PREVIOUS: previous.join("\n") };
}

/** Whether a run without the control plane's original root secret can still connect. */
async function withControlPlaneOf(root: string, work: () => Promise<void>): Promise<void> {
  const { supabase } = live.context()("write");
  const change = (to: string) =>
    dataOf(
      supabase.api.PATCH("/v1/projects/{ref}/database/password", {
        params: { path: { ref: controlPlane } },
        body: {
          password: deriveDatabasePassword(new Secret(to), { id: stableId("turn"), generation: 1 }).reveal(),
        },
      }),
    );
  await change(root);
  await work().finally(() => change(old));
}

/** A resource's lifecycle in runs with different root secrets. */
function lifeOf<I extends z.ZodObject, O extends z.ZodObject>(resource: Resource<I, O>) {
  let context = live.context();
  return {
    life: new Life(resource, (mode) => context(mode)),
    /** Changes the environment of the following runs. */
    turn: (env: Env) => {
      context = live.context(undefined, env);
    },
  };
}

describe("a project's database password", () => {
  const declared = (name: string) => ({
    name,
    organization: SUPABASE_ORGANIZATION,
    region: "us-east-1",
    compute: "micro",
    databasePassword: { id: stableId(name), generation: 1 },
  });

  /** Whether a run with these root secrets can open two connections to the database at once. */
  async function opens(ref: string, name: string, env: Env): Promise<boolean> {
    const database = await live
      .context(
        undefined,
        env,
      )("look")
      .workspaceDatabase(ref, {
        id: stableId(name),
        generation: 1,
      });
    try {
      await Promise.all([1, 2].map(() => database.read((query) => query("select 1"))));
      return true;
    } catch (error) {
      expect(String(error)).toMatch(/status 28P01.*\n.*add that secret to TENANTRY_ROOT_SECRET_PREVIOUS/);
      return false;
    } finally {
      await database.close();
    }
  }

  async function made(name: string) {
    const own = lifeOf(project);
    const { ref } = await own.life.up(declared(name));
    await new Life(ready, live.context()).up({ project: ref });
    return { ...own, ref };
  }

  test("is changed once by a new root secret, and runs with either secret can connect meanwhile", async () => {
    const { life, turn, ref } = await made("turn--once");
    expect(life.outputs.derivedFrom).toBe(fingerprintOf(old));
    const both = live.context(undefined, rootsOf(NEW, old))("look");
    const waiting = await both.workspaceDatabase(ref, { id: stableId("turn--once"), generation: 1 });
    await waiting.read((query) => query("select 1"));

    turn(rootsOf(NEW, old));
    expect((await life.up(declared("turn--once"))).derivedFrom).toBe(fingerprintOf(NEW));
    await Promise.all([1, 2, 3].map(() => waiting.read((query) => query("select pg_sleep(0.05)"))));
    await waiting.close();
    expect(await opens(ref, "turn--once", rootsOf(NEW))).toBe(true);
    expect(await opens(ref, "turn--once", rootsOf(NEW, old))).toBe(true);
    expect(await opens(ref, "turn--once", rootsOf(old))).toBe(false);

    live.sandbox.clearRequests();
    await life.up(declared("turn--once"));
    expect(live.sandbox.requests().filter(({ write }) => write)).toEqual([]);
  });

  test.each(["hold-before", "hold-after"] as const)(
    "is changed after a run was killed during the change, %s",
    async (kind) => {
      const name = `turn--${kind}`;
      const { life, turn, ref } = await made(name);
      const prior = { id: ref, inputs: project.inputs.parse(declared(name)), outputs: life.outputs };
      await live.killed(
        { kind, match: "PATCH .*/database/password" },
        (context) => project.ensure(context("write"), prior.inputs as never, prior as never),
        rootsOf(NEW, old),
      );
      expect(await opens(ref, name, rootsOf(NEW, old))).toBe(true);
      turn(rootsOf(NEW, old));
      await life.up(declared(name));
      expect(await opens(ref, name, rootsOf(NEW))).toBe(true);
      expect(await opens(ref, name, rootsOf(old))).toBe(false);
    },
  );

  test("is changed without the earlier root secret: a lost one is named by its fingerprint", async () => {
    const { life, turn, ref } = await made("turn--lost");
    turn(rootsOf(NEW));
    await expect(life.up(declared("turn--lost"))).rejects.toThrow(`the root secret ${fingerprintOf(old)}`);
    turn(rootsOf(NEW, `lost:${fingerprintOf(old)}`));
    await life.up(declared("turn--lost"));
    expect(await opens(ref, "turn--lost", rootsOf(NEW))).toBe(true);
  });

  test("is changed if a killed run created the project under an earlier root secret", async () => {
    const { ref, life, turn } = await made("turn--adopted");
    life.forget();
    turn(rootsOf(NEW, old));
    expect((await life.up(declared("turn--adopted"))).ref).toBe(ref);
    expect(await opens(ref, "turn--adopted", rootsOf(NEW))).toBe(true);
  });

  test("is unchanged while the workspace is inactive, and changed when it is active again", async () => {
    const { life, turn, ref } = await made("turn--rests");
    const resting = { ...declared("turn--rests"), state: "suspended" as const };
    turn(rootsOf(NEW, old));
    expect((await life.up(resting)).derivedFrom).toBe(fingerprintOf(old));
    turn(rootsOf(LATER, NEW, old));
    expect((await life.up(declared("turn--rests"))).derivedFrom).toBe(fingerprintOf(LATER));
    expect(await opens(ref, "turn--rests", rootsOf(LATER))).toBe(true);
  });
});

describe("API keys", () => {
  type Keys = Record<string, { rotate?: string; graceSeconds?: number }>;

  async function workspaceWith(name: string, keys: Keys) {
    const { slack: _, apps: __, ...fields } = workspaceOf("turn", name);
    await new Life(workspace, live.context()).up({ ...fields, apps: {} });
    const declare = (wanted: Keys) => ({
      controlPlane: controlPlaneOf("turn"),
      workspace: stableId(`turn/acme/${name}`),
      keys: wanted,
    });
    const own = lifeOf(apiKeys);
    await own.life.up(declare(keys));
    const value = (key = "backend") => own.life.outputs.values[key]?.reveal() ?? "none";
    return { ...own, declare, value, up: (wanted: Keys = keys) => own.life.up(declare(wanted)) };
  }

  async function standingOf(value: string): Promise<string> {
    const sha256 = createHash("sha256").update(value).digest("hex");
    const [row] = await live.sql(
      controlPlane,
      `select case when revoked_at is not null then 'revoked' when expires_at is null then 'open'
         when expires_at > now() + interval '6 days' then 'in grace' else 'ending' end as standing,
         private.authenticate_api_key('${value}') is not null as accepted
       from private.api_key_hashes join public.api_keys on id = api_key_id where sha256 = '\\x${sha256}'`,
    );
    return row === undefined ? "unknown" : `${row.standing}, ${row.accepted ? "accepted" : "refused"}`;
  }

  test("get a new value, and the previous one is accepted until its grace period ends", async () => {
    const { turn, up, value, life } = await workspaceWith("overlap", {
      backend: {},
      ci: { rotate: "2026-11" },
    });
    const [before, ci] = [value(), value("ci")];
    turn(rootsOf(NEW, old));
    // Nothing has changed yet, so a refresh finds the recorded state.
    expect(await life.refresh()).toEqual([]);
    expect(value()).toBe(before);

    await up();
    expect(value()).not.toBe(before);
    expect(life.outputs.derivedFrom).toBe(fingerprintOf(NEW));
    expect(await Promise.all([value(), before, value("ci"), ci].map(standingOf))).toEqual([
      "open, accepted",
      "in grace, accepted",
      "open, accepted",
      "in grace, accepted",
    ]);

    const versions = () => live.sql(controlPlane, "select id, xmin::text from public.api_keys order by id");
    const rows = await versions();
    await up();
    turn(rootsOf(NEW));
    await withControlPlaneOf(NEW, async () => {
      expect(await life.refresh()).toEqual([]);
      await up();
    });
    expect(await versions()).toEqual(rows);
    // A key that is removed from the YAML loses all of its values.
    await up({ ci: { rotate: "2026-11" } });
    expect(await standingOf(before)).toBe("revoked, refused");
  });

  test("have no overlap without a grace period", async () => {
    const { turn, up, value } = await workspaceWith("at-once", { backend: { graceSeconds: 0 } });
    const before = value();
    turn(rootsOf(NEW, old));
    await up();
    expect([await standingOf(value()), await standingOf(before)]).toEqual([
      "open, accepted",
      "ending, refused",
    ]);
  });

  test("follow several rotations, and back to an earlier secret", async () => {
    const { turn, up, value } = await workspaceWith("back", { backend: {} });
    const first = value();
    turn(rootsOf(NEW, old));
    await up();
    const second = value();
    turn(rootsOf(LATER, NEW, old));
    await up();
    expect(await Promise.all([first, second, value()].map(standingOf))).toEqual([
      "in grace, accepted",
      "in grace, accepted",
      "open, accepted",
    ]);
    turn(rootsOf(old, LATER));
    await up();
    expect(value()).toBe(first);
    expect(await Promise.all([first, second].map(standingOf))).toEqual([
      "open, accepted",
      "in grace, accepted",
    ]);
  });

  test.each(["hold-before", "hold-after"] as const)(
    "complete the rotation after a kill at the commit, %s",
    async (kind) => {
      const { turn, up, value, declare, life } = await workspaceWith(`cut-${kind}`, { backend: {} });
      const before = value();
      const prior = {
        id: "x",
        inputs: apiKeys.inputs.parse(declare({ backend: {} })),
        outputs: life.outputs,
      };
      await live.killed(
        { kind, match: "^commit" },
        (context) => apiKeys.ensure(context("write"), prior.inputs as never, prior as never),
        rootsOf(NEW, old),
      );
      expect(await standingOf(before)).toContain("accepted");
      turn(rootsOf(NEW, old));
      await up();
      expect([await standingOf(value()), await standingOf(before)]).toEqual([
        "open, accepted",
        "in grace, accepted",
      ]);
    },
  );

  test("of a lost root secret are also accepted until their grace period ends", async () => {
    const { turn, up, value, life } = await workspaceWith("lost", { backend: {} });
    const before = value();
    // The old secret still opens the control plane, but the key is of a secret that this run doesn't have.
    turn(rootsOf(LATER, old));
    await up();
    const lost = value();
    turn(rootsOf(NEW, old, `lost:${fingerprintOf(LATER)}`));
    expect(await life.refresh()).toEqual([]);
    await up();
    expect(await Promise.all([before, lost, value()].map(standingOf))).toEqual([
      "in grace, accepted",
      "in grace, accepted",
      "open, accepted",
    ]);
  });

  test("get no grace period if somebody changed their hash", async () => {
    const { turn, up, value } = await workspaceWith("planted", { backend: {} });
    const sha256 = createHash("sha256").update("tnt_planted").digest("hex");
    const before = createHash("sha256").update(value()).digest("hex");
    await live.sql(
      controlPlane,
      `update private.api_key_hashes set sha256 = '\\x${sha256}' where sha256 = '\\x${before}'`,
    );
    turn(rootsOf(NEW, old));
    await up();
    expect([await standingOf("tnt_planted"), await standingOf(value())]).toEqual([
      "unknown",
      "open, accepted",
    ]);
  });
});

describe("claim tokens", () => {
  const declare = (name: string) => ({
    controlPlane: controlPlaneOf("turn"),
    organization: stableId("turn/acme"),
    tokens: { [name]: { role: "member" as const, expires: "2999-12-31" } },
  });

  async function claim(token: string, email: string): Promise<boolean> {
    const id = stableId(email);
    await live.sql(
      controlPlane,
      `insert into auth.users (id, email, email_confirmed_at) values ('${id}', '${email}', now()) on conflict do nothing`,
    );
    const iss = `https://${controlPlane}.supabase.co/auth/v1`;
    const claims = JSON.stringify({ iss, sub: id, email, email_verified: true, role: "authenticated" });
    const claimed = await live
      .sql(
        controlPlane,
        `select set_config('request.jwt.claims', '${claims}', false); select role from private.claim('${token}')`,
      )
      .catch((error: { code?: string }) => {
        if (error.code === "PT404") return [];
        throw error;
      });
    return claimed.length > 0;
  }

  test.each(["before", "after"])(
    "can be claimed once, with the value from %s the rotation",
    async (which) => {
      const { life, turn } = lifeOf(claimTokens);
      const name = `door-${which}`;
      const value = () => life.outputs.values[name]?.reveal() ?? "none";
      await life.up(declare(name));
      const before = value();
      turn(rootsOf(NEW, old));
      expect(await life.refresh()).toEqual([]);
      await life.up(declare(name));
      expect(value()).not.toBe(before);
      expect(await life.refresh()).toEqual([]);
      const [first, second] = which === "before" ? [before, value()] : [value(), before];
      expect(await claim(first, `one@${name}.example`)).toBe(true);
      expect(await claim(second, `two@${name}.example`)).toBe(false);
      turn(rootsOf(NEW));
      await withControlPlaneOf(NEW, async () => expect(await life.refresh()).toEqual([]));
    },
  );

  test("can't be claimed with the old value after a run without its root secret", async () => {
    const { life, turn } = lifeOf(claimTokens);
    await life.up(declare("leaked"));
    const before = life.outputs.values.leaked?.reveal() ?? "none";
    turn(rootsOf(NEW, old));
    await life.up(declare("leaked"));
    turn(rootsOf(NEW));
    await withControlPlaneOf(NEW, async () => {
      expect(await life.refresh()).toEqual(["tokens/leaked"]);
      await life.up(declare("leaked"));
    });
    expect(await claim(before, "one@leaked.example")).toBe(false);
    expect(await claim(life.outputs.values.leaked?.reveal() ?? "none", "two@leaked.example")).toBe(true);
  });
});

describe("a diff", () => {
  const TYPE = "supabase:Project";
  const inputs = {
    name: "told",
    organization: SUPABASE_ORGANIZATION,
    region: "us-east-1",
    compute: "micro",
    databasePassword: { id: "x", generation: 1 },
  };
  const recorded = (derivedFrom: string | null) => ({
    ...inputs,
    ref: "abc",
    createdAt: "then",
    derivedFrom,
  });

  /** The diff of a provider with these root secrets. */
  async function asked<T>(env: Env, ask: (client: ProtocolClient) => Promise<T>): Promise<T> {
    const provider = await serveProvider({ env: { ...live.sandbox.env, ...env } });
    const client = new ProtocolClient(provider.port);
    try {
      return await ask(client);
    } finally {
      client.close();
      await provider.close();
    }
  }

  test.each<[string, Env, string | null, boolean]>([
    ["the same root secret", rootsOf(NEW, LATER), fingerprintOf(NEW), false],
    ["a previous one", rootsOf(NEW, LATER), fingerprintOf(LATER), true],
    ["a lost one", rootsOf(NEW, "lost:12345678"), "12345678", true],
    ["an unknown one, with previous ones declared", rootsOf(NEW, LATER), null, true],
    ["an unknown one, without previous ones", rootsOf(NEW), null, false],
  ])("of a value that was derived from %s", async (_, env, fingerprint, changes) => {
    const diff = await asked(env, (client) => client.diff(TYPE, inputs, inputs, recorded(fingerprint)));
    expect(diff).toMatchObject({ changes, replaces: [], detailed: changes ? { derivedFrom: "UPDATE" } : {} });
  });

  test("refuses a root secret that the run doesn't know, because it may be newer", async () => {
    const failure = await asked(rootsOf(old), (client) =>
      client.diff(TYPE, inputs, inputs, recorded(fingerprintOf(NEW))).catch((error) => String(error)),
    );
    expect(failure).toContain(`If ${fingerprintOf(NEW)} is newer, set TENANTRY_ROOT_SECRET to it.`);
  });

  test("contains no root secret, even if an error repeats it", async () => {
    const server = await localServer((_request, response) =>
      json(response, 403, { message: `${NEW}, ${LATER}` }),
    );
    const env = { ...rootsOf(NEW, LATER), SUPABASE_API_URL: server.url };
    const failure = await asked(env, (client) => client.create(TYPE, inputs).catch((error) => String(error)));
    expect(failure).toContain("[secret], [secret]");
  });
});
