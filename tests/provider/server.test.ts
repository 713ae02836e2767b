import { spawn } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import grpc from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { allResources, registry } from "../../src/provider/registry.ts";
import { type RunningProvider, serveProvider } from "../../src/provider/runtime/server.ts";
import { json, localServer } from "../vendors/http/local-server.ts";
import { keptOf, ProtocolClient, secretOf, UNKNOWN } from "./engine.ts";
import { type Live, SUPABASE_ORGANIZATION, startLive } from "./live.ts";
import { organizationOf } from "./resources/control-plane/control-plane.ts";

let live: Live;
let provider: RunningProvider;
let engine: ProtocolClient;
const PASSWORD = { id: "5f0f4c1e-0000-4000-8000-000000000009", generation: 1 };
const PROJECT = {
  name: "protocol--one",
  organization: SUPABASE_ORGANIZATION,
  region: "us-east-1",
  compute: "micro",
  databasePassword: PASSWORD,
};

beforeAll(async () => {
  live = await startLive();
  provider = await serveProvider({ env: live.sandbox.env });
  engine = new ProtocolClient(provider.port);
  await engine.configure();
});
afterAll(async () => {
  engine.close();
  await provider.close();
  await live.stop();
});

/** A provider that calls a test server instead of Supabase. */
async function providerOn(supabaseUrl: string, env: Record<string, string> = {}) {
  const other = await serveProvider({ env: { ...live.sandbox.env, SUPABASE_API_URL: supabaseUrl, ...env } });
  const client = new ProtocolClient(other.port);
  return { client, close: () => Promise.all([client.close(), other.close()]) };
}

describe("the schema", () => {
  test("matches the snapshot", async () => {
    const schema = JSON.stringify(await engine.schema(), null, 2);
    await expect(`${schema}\n`).toMatchFileSnapshot("schema.snap");
  });

  test("contains every type under its name in the registry", () => {
    for (const [name, resource] of Object.entries(registry)) expect(resource.type).toBe(name);
    expect(allResources()).toHaveLength(Object.keys(registry).length);
  });

  test("describes every resource and every nested property", async () => {
    const { resources, types } = (await engine.schema()) as unknown as SchemaSpec;
    const silent = [
      ...Object.entries(resources).filter(([, { description }]) => !description),
      ...Object.entries({ ...resources, ...types }).flatMap(([name, spec]) =>
        Object.entries({ ...spec.inputProperties, ...spec.properties })
          .filter(([, { description }]) => !description)
          .map(([key]) => [`${name}.${key}`]),
      ),
    ];
    expect(silent.map(([name]) => name)).toEqual([]);
  });

  test("has no property that Pulumi reserves and would silently drop", async () => {
    const { resources } = (await engine.schema()) as unknown as SchemaSpec;
    const properties = Object.entries(resources).flatMap(([name, spec]) =>
      Object.keys({ ...spec.inputProperties, ...spec.properties }).map((key) => [name, key] as const),
    );
    expect(properties.length).toBeGreaterThan(50);
    expect(properties.filter(([, key]) => key === "id" || key === "urn")).toEqual([]);
  });
});

interface SchemaSpec {
  readonly resources: Record<string, ObjectSpec>;
  readonly types: Record<string, ObjectSpec>;
}

interface ObjectSpec {
  readonly description?: string;
  readonly inputProperties?: Record<string, { readonly description?: string }>;
  readonly properties: Record<string, { readonly description?: string }>;
}

describe("configuration", () => {
  test("refuses all keys, so that it never contains tokens", async () => {
    expect(await engine.checkConfig({ version: "1.0.0" })).toEqual([]);
    expect(await engine.checkConfig({ accessToken: "sbp_1" })).toMatchObject([
      { property: "accessToken", reason: expect.stringContaining("from the environment") },
    ]);
  });

  test("states the provider's capabilities", async () => {
    expect(await engine.configure()).toMatchObject({
      acceptsecrets: true,
      supportspreview: true,
      acceptresources: false,
      acceptoutputs: false,
    });
  });
});

describe("check", () => {
  test.each([
    ["a missing property", { project: undefined }, "project", "expected string"],
    ["a wrong type", { project: 7 }, "project", "expected string"],
    ["an unknown property", { projct: "x" }, "projct", "unknown property; did you mean project?"],
    ["a nested value", { api: { maxRows: -1 } }, "api.maxRows", "Too small"],
    ["a nested unknown property", { api: { rows: 1 } }, "api.rows", "unknown property"],
    ["a list item", { api: { schemas: ["public", 7] } }, "api.schemas[1]", "expected string"],
    [
      "a rule across fields",
      { thirdPartyAuth: [{}] },
      "thirdPartyAuth[0]",
      "exactly one of issuer and jwksUrl",
    ],
  ])("%s is refused with its path", async (_name, change, property, reason) => {
    const news = Object.fromEntries(
      Object.entries({ project: "p", ...change }).filter(([, value]) => value !== undefined),
    );
    const { failures } = await engine.check("supabase:Settings", news);
    expect(failures).toContainEqual({ property, reason: expect.stringContaining(reason) });
  });

  test("applies defaults, and marks secrets that the program didn't", async () => {
    const ready = await engine.check("supabase:Ready", { project: "p" });
    expect(ready.inputs).toMatchObject({ timeoutSeconds: 300 });
    const secrets = await engine.check("supabase:Secrets", { project: "p", secrets: { A: "in clear" } });
    expect(secrets.inputs).toEqual({ project: "p", secrets: { A: secretOf("in clear") } });
  });

  test("keeps the secret markers of the program", async () => {
    const { inputs } = await engine.check("supabase:Settings", {
      project: secretOf("p"),
      auth: secretOf({ siteUrl: "https://a.example" }),
    });
    expect(inputs).toEqual({ project: secretOf("p"), auth: secretOf({ siteUrl: "https://a.example" }) });
  });

  test("refuses an app's move to another workspace, even if other values aren't known yet", async () => {
    const TYPE = "control-plane:Organization";
    const declared = (apps: Record<string, string[]>) => ({
      ...organizationOf("demo"),
      apps: Object.fromEntries(
        Object.entries(apps).map(([workspace, names]) => [`id-of-${workspace}`, { workspace, names }]),
      ),
    });
    const before = declared({ production: ["store"], staging: [] });
    const moved = declared({ production: [], staging: ["store"] });
    const reason = expect.stringContaining(
      "the app store can't move from the workspace production to staging",
    );
    for (const news of [moved, { ...moved, stripeCustomer: UNKNOWN }])
      expect((await engine.check(TYPE, news, before)).failures).toEqual([{ property: "apps", reason }]);
    for (const news of [
      before,
      declared({ production: ["store"], staging: ["store"] }),
      declared({ staging: ["store"] }),
    ])
      expect((await engine.check(TYPE, news, before)).failures).toEqual([]);
    expect((await engine.check(TYPE, moved)).failures).toEqual([]);
  });

  test("accepts unknown values, and still checks and marks the others", async () => {
    const { inputs, failures } = await engine.check("supabase:Secrets", {
      project: UNKNOWN,
      secrets: { A: UNKNOWN, B: "in clear" },
    });
    expect(failures).toEqual([]);
    expect(inputs).toEqual({ project: UNKNOWN, secrets: { A: UNKNOWN, B: secretOf("in clear") } });
    const wrong = await engine.check("supabase:Settings", { project: UNKNOWN, api: { maxRows: "many" } });
    expect(wrong.failures).toMatchObject([{ property: "api.maxRows" }]);
  });
});

describe("diff", () => {
  const settings = {
    project: "p",
    api: { schemas: ["public"], maxRows: 5 },
    thirdPartyAuth: [{ issuer: "a" }],
  };

  test("of equal values is empty, whether marked as secret or not", async () => {
    expect(await engine.diff("supabase:Settings", settings, { ...settings, project: secretOf("p") })).toEqual(
      {
        changes: false,
        replaces: [],
        detailed: {},
      },
    );
  });

  test("has an entry for each changed key, however deep", async () => {
    const news = {
      project: "p",
      api: { schemas: ["public", "api"] },
      auth: { disableSignup: true },
      thirdPartyAuth: [{ issuer: "b" }],
    };
    expect((await engine.diff("supabase:Settings", settings, news)).detailed).toEqual({
      "api.schemas[1]": "ADD",
      "api.maxRows": "DELETE",
      auth: "ADD",
      "thirdPartyAuth[0].issuer": "UPDATE",
    });
  });

  test("states which property forces a replacement", async () => {
    expect(await engine.diff("supabase:Settings", settings, { ...settings, project: UNKNOWN })).toEqual({
      changes: true,
      replaces: ["project"],
      detailed: { project: "UPDATE_REPLACE" },
    });
  });

  test("detects a changed secret and shows only its key", async () => {
    const olds = { project: "p", secrets: { A: secretOf("one"), "b.c": secretOf("two") } };
    const news = { project: "p", secrets: { A: secretOf("one"), "b.c": secretOf("three") } };
    expect(await engine.diff("supabase:Secrets", olds, news)).toMatchObject({
      detailed: { 'secrets["b.c"]': "UPDATE" },
    });
  });

  test.each([
    ["a name", { A: "acme-a" }, { A: "acme-b" }, { "sources.A": "UPDATE" }],
    ["a connection", { A: "acme-a" }, { A: "acme-a", B: "acme-b" }, { "sources.B": "ADD" }],
    ["names that the state didn't have", undefined, { A: "acme-a" }, { sources: "ADD" }],
  ])("shows %s in clear, and replaces nothing for it", async (_, before, after, detailed) => {
    const inputs = (sources: object | undefined) => ({
      project: "p",
      secrets: { A: secretOf("one"), B: secretOf("two") },
      ...(sources && { sources }),
    });
    const found = await engine.diff("supabase:Secrets", inputs(before), inputs(after));
    expect(found).toMatchObject({ replaces: [], detailed });
    expect(Object.keys(found.detailed)).toHaveLength(1);
    const checked = await engine.check("supabase:Secrets", inputs(after));
    expect(checked).toMatchObject({ failures: [], inputs: { sources: after } });
  });
});

describe("operations over the protocol", () => {
  test("create, read, update, delete", async () => {
    const { inputs } = await engine.check("supabase:Project", PROJECT);
    const made = await engine.create("supabase:Project", inputs);
    expect(made).toMatchObject({ id: made.outputs.ref, outputs: { name: "protocol--one", state: "active" } });

    const read = await engine.read("supabase:Project", made.id, inputs, made.outputs);
    expect(read).toEqual({ id: made.id, inputs, outputs: made.outputs });

    const renamed = { ...inputs, name: "protocol--two" };
    const outputs = await engine.update("supabase:Project", made.id, inputs, made.outputs, renamed);
    expect(outputs).toMatchObject({ ref: made.id, name: "protocol--two" });

    await engine.delete("supabase:Project", made.id, renamed, outputs);
    expect(await engine.read("supabase:Project", made.id, renamed, outputs)).toMatchObject({ id: "" });
  });

  test("secrets are encrypted in the recorded state", async () => {
    const { inputs } = await engine.check("supabase:Project", { ...PROJECT, name: "protocol--secrets" });
    const { id } = await engine.create("supabase:Project", inputs);
    const ready = await engine.check("supabase:Ready", { project: id, databasePassword: PASSWORD });
    const { outputs } = await engine.create("supabase:Ready", ready.inputs);
    for (const key of ["databasePassword", "secretKey", "serviceRoleKey"])
      expect(outputs[key], key).toEqual(secretOf(expect.stringMatching(/^.{20,}$/)));
    expect(outputs.apiUrl).toMatch(/^https:/);
  });

  test("a root secret in the variable's former name is refused before any call", async () => {
    const other = await providerOn("http://127.0.0.1:1", { TENANTRY_SECRET_ROOT: "a planted root secret" });
    try {
      const olds = { ...PROJECT, ref: "abc", createdAt: "then" };
      for (const call of [
        other.client.create("supabase:Project", PROJECT),
        other.client.read("supabase:Project", "abc", PROJECT, olds),
        other.client.delete("supabase:Project", "abc", PROJECT, olds),
      ]) {
        const failure = String(await call.catch((error) => error));
        expect(failure).toContain("Rename the variable to TENANTRY_ROOT_SECRET");
        expect(failure).not.toContain("planted");
      }
    } finally {
      await other.close();
    }
  });

  test("a preview makes no call and returns the known outputs", async () => {
    live.sandbox.clearRequests();
    const { inputs } = await engine.check("supabase:Project", { ...PROJECT, name: "protocol--preview" });
    const made = await engine.create("supabase:Project", inputs, true);
    expect(made.id).toBe("");
    expect(made.outputs).toMatchObject({ name: "protocol--preview", ref: UNKNOWN });
    const olds = { ...inputs, ref: "abc", createdAt: "then" };
    const news = { ...inputs, name: "protocol--renamed" };
    expect(await engine.update("supabase:Project", "abc", inputs, olds, news, true)).toMatchObject({
      name: "protocol--renamed",
      ref: "abc",
    });
    expect(live.sandbox.requests()).toEqual([]);
  });

  test("an incomplete resource is recorded, and the next run completes it", async () => {
    let status = "INIT_FAILED";
    const ref = "c".repeat(20);
    const server = await localServer((request, response) => {
      const path = request.url ?? "";
      if (path.includes("/health")) json(response, 200, [{ name: "db", status: "ACTIVE_HEALTHY" }]);
      else if (path.includes("/pooler"))
        json(response, 200, [
          {
            database_type: "PRIMARY",
            db_host: "pooler.example",
            db_port: 6543,
            db_name: "postgres",
            pool_mode: "transaction",
          },
        ]);
      else if (path.includes("/api-keys")) json(response, 200, []);
      else json(response, 200, { ref, name: "half", status, database: { host: `db.${ref}.supabase.co` } });
    });
    const other = await providerOn(server.url);
    try {
      const { inputs } = await other.client.check("supabase:Ready", { project: ref, services: ["db"] });
      const failure = await other.client.create("supabase:Ready", inputs).catch((error) => error);
      expect(keptOf(failure)).toMatchObject({
        id: ref,
        outputs: { project: ref },
        reasons: [expect.stringContaining("is INIT_FAILED")],
      });
      status = "ACTIVE_HEALTHY";
      const outputs = await other.client.update("supabase:Ready", ref, inputs, { project: ref }, inputs);
      expect(outputs).toMatchObject({ poolerHost: "pooler.example", poolerPort: 5432 });
    } finally {
      await other.close();
    }
  });
});

describe("progress", () => {
  async function watched(answers: (path: string) => unknown) {
    const lines: string[] = [];
    const server = await localServer((request, response) => json(response, 200, answers(request.url ?? "")));
    const env = {
      ...live.sandbox.env,
      SUPABASE_API_URL: server.url,
      SUPABASE_ACCESS_TOKEN: "sbp_planted_token",
    };
    const other = await serveProvider({ env, onStatus: (_urn, line) => lines.push(line) });
    const client = new ProtocolClient(other.port);
    return { lines, client, close: () => Promise.all([client.close(), other.close()]) };
  }

  test("repeats no line", async () => {
    const statuses = ["COMING_UP", "COMING_UP", "RESTORING", "RESTORING", "INIT_FAILED"];
    const ref = "e".repeat(20);
    const other = await watched(() => ({
      ref,
      name: "slow",
      status: statuses.shift(),
      database: { host: "db.x" },
    }));
    try {
      const { inputs } = await other.client.check("supabase:Ready", { project: ref });
      await expect(other.client.create("supabase:Ready", inputs)).rejects.toThrow("INIT_FAILED");
      expect(other.lines).toEqual(["project is COMING_UP", "project is RESTORING"]);
    } finally {
      await other.close();
    }
  });

  test("contains no secret", async () => {
    const other = await watched(() => ({ projects: [], pagination: { count: 0 } }));
    try {
      const { inputs } = await other.client.check("supabase:Project", {
        ...PROJECT,
        name: "a--sbp_planted_token",
      });
      await other.client.create("supabase:Project", inputs).catch(() => undefined);
      expect(other.lines).toContain("creating a--[secret]");
    } finally {
      await other.close();
    }
  });
});

describe("failures", () => {
  test("of users and vendors keep the state trusted and state the remedy", async () => {
    const server = await localServer((_request, response) =>
      json(response, 403, { message: "Forbidden resource" }, { "x-request-id": "req-42" }),
    );
    const other = await providerOn(server.url);
    try {
      const { inputs } = await other.client.check("supabase:Project", PROJECT);
      await expect(other.client.create("supabase:Project", inputs)).rejects.toMatchObject({
        code: grpc.status.FAILED_PRECONDITION,
        details: expect.stringMatching(
          /^Supabase: GET .*\/projects failed \(status 403, request req-42\): Forbidden resource\n {2}Give the token's user/,
        ),
      });
    } finally {
      await other.close();
    }
  });

  test("contain no secret, even if the service repeats it", async () => {
    const planted = "planted-secret-4711";
    const server = await localServer((_request, response) =>
      json(response, 400, { message: `can't store ${planted} under the token sbp_planted_token` }),
    );
    const other = await providerOn(server.url, { SUPABASE_ACCESS_TOKEN: "sbp_planted_token" });
    try {
      const { inputs } = await other.client.check("supabase:Secrets", {
        project: "p",
        secrets: { A: planted },
      });
      await expect(other.client.create("supabase:Secrets", inputs)).rejects.toMatchObject({
        details: expect.stringContaining("can't store [secret] under the token [secret]"),
      });
    } finally {
      await other.close();
    }
  });

  test("for a missing token name the variable", async () => {
    const other = await providerOn("http://127.0.0.1:1", { SUPABASE_ACCESS_TOKEN: "" });
    try {
      const { inputs } = await other.client.check("supabase:Project", PROJECT);
      await expect(other.client.create("supabase:Project", inputs)).rejects.toMatchObject({
        code: grpc.status.FAILED_PRECONDITION,
        details: expect.stringContaining("SUPABASE_ACCESS_TOKEN is not set."),
      });
    } finally {
      await other.close();
    }
  });

  test("an unknown type and an import are refused by name", async () => {
    await expect(engine.check("supabase:Nothing", {})).rejects.toMatchObject({
      details: expect.stringContaining("has no resource type tenantry:supabase:Nothing"),
    });
    await expect(engine.read("supabase:Project", "abc", {}, {})).rejects.toMatchObject({
      details: expect.stringContaining("doesn't support `pulumi import`"),
    });
  });

  test("cancel ends a wait, and the created resource is recorded", async () => {
    const ref = "d".repeat(20);
    const project = { ref, name: "slow", status: "COMING_UP", database: { host: "db.x" } };
    let asked = () => {};
    const wasAsked = new Promise<void>((resolve) => {
      asked = resolve;
    });
    const server = await localServer((_request, response) => {
      json(response, 200, project);
      asked();
    });
    const other = await providerOn(server.url);
    try {
      const { inputs } = await other.client.check("supabase:Ready", { project: ref });
      const waiting = other.client.create("supabase:Ready", inputs).catch((error) => error);
      await wasAsked;
      await other.client.cancel();
      expect(keptOf(await waiting)).toMatchObject({ id: ref, reasons: ["cancelled: the run was ended"] });
    } finally {
      await other.close();
    }
  });
});

test("the executable runs in any folder and prints its port first", async () => {
  const executable = join(import.meta.dirname, "../../bin/pulumi-resource-tenantry");
  const child = spawn(executable, ["127.0.0.1:1"], { cwd: tmpdir(), env: { PATH: process.env.PATH } });
  try {
    const [port] = await new Promise<string[]>((resolve, reject) => {
      child.once("exit", (code) => reject(new Error(`it ended with ${code}`)));
      createInterface(child.stdout).once("line", (line) => resolve([line]));
    });
    const client = new ProtocolClient(Number(port));
    expect(await client.schema()).toMatchObject({ name: "tenantry" });
    client.close();
  } finally {
    child.removeAllListeners("exit");
    child.kill();
  }
});
