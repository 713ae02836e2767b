import { createHash, createHmac } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type LocalSandbox, openSandbox, PASSWORD, type Reply, until } from "../local-sandbox.ts";
import { managementApi } from "./management-api.ts";

let local: LocalSandbox;
let ref: string;
beforeAll(async () => {
  local = await openSandbox({ freeOrganizations: ["hobby"] });
  ref = await local.project("settings");
});
afterAll(() => local.close());

const call = (method: string, path: string, body?: unknown): Promise<Reply> =>
  local.call(method, `/v1/projects/${ref}${path}`, body);

describe("API keys", () => {
  test("of a new project are two legacy and two new keys, with the secret key masked", async () => {
    const masked = (await call("GET", "/api-keys")).body;
    const shown = (await call("GET", "/api-keys?reveal=true")).body;
    expect(masked.map((key: { name: string; type: string }) => [key.name, key.type])).toEqual([
      ["anon", "legacy"],
      ["service_role", "legacy"],
      ["default", "publishable"],
      ["default", "secret"],
    ]);
    expect(masked[3].api_key).toMatch(/^sb_secret_.{5}·+$/);
    expect(shown[3].api_key).toMatch(/^sb_secret_[\w]{22}_[\w]{8}$/);
    expect(masked[2].api_key).toBe(shown[2].api_key);
    expect(masked[3].hash).toBe(createHash("sha256").update(shown[3].api_key).digest("base64url"));
  });

  test("of the legacy type are signed with the project's JWT secret", async () => {
    const [anon] = (await call("GET", "/api-keys")).body;
    const { jwt_secret: secret } = (await call("GET", "/postgrest")).body;
    const [header, payload, signature] = anon.api_key.split(".");
    expect(createHmac("sha256", secret).update(`${header}.${payload}`).digest("base64url")).toBe(signature);
    expect(JSON.parse(Buffer.from(payload, "base64url").toString())).toMatchObject({ role: "anon", ref });
  });

  test("can be created (even twice with one name), changed and deleted", async () => {
    const first = await call("POST", "/api-keys?reveal=true", { type: "secret", name: "backend" });
    const second = await call("POST", "/api-keys", { type: "secret", name: "backend" });
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(first.body.api_key).not.toContain("·");
    const changed = await call("PATCH", `/api-keys/${first.body.id}`, { description: "of the backend" });
    expect(changed.body).toMatchObject({ name: "backend", description: "of the backend" });
    expect((await call("DELETE", `/api-keys/${first.body.id}`)).status).toBe(200);
    expect((await call("GET", `/api-keys/${first.body.id}`)).status).toBe(404);
    expect((await call("POST", "/api-keys", { type: "secret", name: "No" })).status).toBe(400);
  });

  test("of the legacy type can be disabled", async () => {
    expect((await call("PUT", "/api-keys/legacy?enabled=false")).body).toEqual({ enabled: false });
    expect((await call("GET", "/api-keys")).body[0].type).toBe("publishable");
    await call("PUT", "/api-keys/legacy?enabled=true");
  });
});

test("secrets are returned only as digests and can be overwritten", async () => {
  const digest = (text: string): string => createHash("sha256").update(text).digest("hex");
  const first = await call("POST", "/secrets", [
    { name: "A", value: "one" },
    { name: "B", value: "two" },
  ]);
  await call("POST", "/secrets", [{ name: "A", value: "three" }]);
  expect([first.status, first.body]).toEqual([201, undefined]);
  expect((await call("GET", "/secrets")).body).toMatchObject([
    { name: "A", value: digest("three") },
    { name: "B", value: digest("two") },
  ]);
  expect((await call("DELETE", "/secrets", ["A", "absent"])).status).toBe(200);
  expect((await call("GET", "/secrets")).body).toHaveLength(1);
  expect((await call("POST", "/secrets", [{ name: "SUPABASE_URL", value: "x" }])).status).toBe(400);
});

describe("auth settings", () => {
  test("are stored; omitted settings stay unchanged", async () => {
    const before = (await call("GET", "/config/auth")).body;
    await call("PATCH", "/config/auth", { disable_signup: true, jwt_exp: 900, sessions_timebox: 24 });
    const after = (await call("GET", "/config/auth")).body;
    expect(after).toEqual({ ...before, disable_signup: true, jwt_exp: 900, sessions_timebox: 24 });
  });

  test("that are secret are returned as an HMAC with the project's ref as the key", async () => {
    const { body } = await call("PATCH", "/config/auth", {
      smtp_pass: "hunter22",
      hook_send_email_secrets: "v1,x",
    });
    const hmac = (text: string): string => createHmac("sha256", ref).update(text).digest("hex");
    expect(body).toMatchObject({ smtp_pass: hmac("hunter22"), hook_send_email_secrets: hmac("v1,x") });
  });

  test.each([
    [{ jwt_exp: -1 }, "jwt_exp"],
    [{ sms_provider: "pigeon" }, "sms_provider"],
    [{ disable_signups: true }, "property disable_signups should not exist"],
    [{ custom_oauth_max_providers: 9 }, "property custom_oauth_max_providers should not exist"],
  ])("%j is refused", async (body, text) => {
    const reply = await call("PATCH", "/config/auth", body);
    expect([reply.status, reply.body.message]).toEqual([400, expect.stringContaining(text)]);
  });
});

test("adding the same third-party auth issuer twice creates two integrations", async () => {
  const issuer = { oidc_issuer_url: "https://control.supabase.co/auth/v1" };
  const first = await call("POST", "/config/auth/third-party-auth", issuer);
  await call("POST", "/config/auth/third-party-auth", issuer);
  expect(first.status).toBe(201);
  expect((await call("GET", "/config/auth/third-party-auth")).body).toHaveLength(2);
  const path = `/config/auth/third-party-auth/${first.body.id}`;
  expect((await call("DELETE", path)).body).toEqual(first.body);
  expect((await call("GET", path)).status).toBe(404);
  expect((await call("POST", "/config/auth/third-party-auth", {})).status).toBe(400);
});

test("the Data API is disabled and unhealthy if it exposes no schema", async () => {
  const { body } = await call("PATCH", "/postgrest", { db_schema: "" });
  expect(body).toEqual({
    db_schema: "",
    max_rows: 1000,
    db_extra_search_path: "public, extensions",
    db_pool: null,
  });
  expect((await call("GET", "/health?services=rest")).body[0].healthy).toBe(false);
  await call("PATCH", "/postgrest", { db_schema: "public" });
  expect((await call("GET", "/health?services=rest")).body[0].healthy).toBe(true);
});

test("network restrictions are replaced by apply, or changed individually", async () => {
  expect((await call("GET", "/network-restrictions")).body.config).toEqual({
    dbAllowedCidrs: ["0.0.0.0/0"],
    dbAllowedCidrsV6: ["::/0"],
  });
  const applied = await call("POST", "/network-restrictions/apply", { dbAllowedCidrs: ["10.0.0.0/8"] });
  expect(applied.status).toBe(201);
  expect(applied.body.config).toEqual({ dbAllowedCidrs: ["10.0.0.0/8"], dbAllowedCidrsV6: [] });
  const changed = await call("PATCH", "/network-restrictions", {
    add: { dbAllowedCidrs: ["8.8.8.0/24"] },
    remove: { dbAllowedCidrs: ["10.0.0.0/8"] },
  });
  expect(changed.body.config).toEqual({ dbAllowedCidrs: [{ address: "8.8.8.0/24", type: "v4" }] });
  expect((await call("POST", "/network-restrictions/apply", { dbAllowedCidrs: ["everywhere"] })).status).toBe(
    400,
  );
});

test("changing a storage feature keeps the other features", async () => {
  const before = (await call("GET", "/config/storage")).body;
  const vectorBuckets = { enabled: true, maxBuckets: 3, maxIndexes: 3 };
  expect((await call("PATCH", "/config/storage", { features: { vectorBuckets } })).status).toBe(200);
  const after = (await call("GET", "/config/storage")).body;
  expect(after).toEqual({ ...before, features: { ...before.features, vectorBuckets } });
  const incomplete = { features: { vectorBuckets: { enabled: true } } };
  expect((await call("PATCH", "/config/storage", incomplete)).status).toBe(400);
});

test("SSL enforcement is stored", async () => {
  expect((await call("GET", "/ssl-enforcement")).body.currentConfig).toEqual({ database: false });
  await call("PUT", "/ssl-enforcement", { requestedConfig: { database: true } });
  expect((await call("GET", "/ssl-enforcement")).body).toEqual({
    currentConfig: { database: true },
    appliedSuccessfully: true,
  });
});

describe("add-ons", () => {
  const selected = async (of: string): Promise<string[]> => {
    const { body } = await local.call("GET", `/v1/projects/${of}/billing/addons`);
    return body.selected_addons.map((one: { variant: { id: string } }) => one.variant.id);
  };

  test("include the compute size and other selected add-ons", async () => {
    const of = await local.project("resized", { desired_instance_size: "small" });
    expect(await selected(of)).toEqual(["ci_small"]);
    const path = `/v1/projects/${of}/billing/addons`;
    await local.call("PATCH", path, { addon_type: "compute_instance", addon_variant: "ci_large" });
    await until(async () => (await local.call("GET", `/v1/projects/${of}`)).body.status === "ACTIVE_HEALTHY");
    await local.call("PATCH", path, { addon_type: "ipv4", addon_variant: "ipv4_default" });
    expect(await selected(of)).toEqual(["ci_large", "ipv4_default"]);
    await local.call("DELETE", `${path}/ipv4_default`);
    expect(await selected(of)).toEqual(["ci_large"]);
    expect((await local.call("DELETE", `${path}/pitr_7`)).status).toBe(404);
  });

  test("that change the compute size restart the project", async () => {
    const { call, clock } = await managementApi();
    const creation = { name: "resized", organization_slug: "a", region: "us-east-1", db_pass: PASSWORD };
    const { ref } = (await (await call("POST", "/v1/projects", creation)).json()) as { ref: string };
    const status = async (): Promise<string> =>
      ((await (await call("GET", `/v1/projects/${ref}`)).json()) as { status: string }).status;
    clock.now += 1000;
    await until(async () => (await status()) === "ACTIVE_HEALTHY");
    const change = { addon_type: "compute_instance", addon_variant: "ci_large" };
    expect((await call("PATCH", `/v1/projects/${ref}/billing/addons`, change)).status).toBe(200);
    const size = async (): Promise<string> => {
      const listed = await (await call("GET", "/v1/organizations/a/projects")).json();
      const { projects } = listed as { projects: { databases: { infra_compute_size: string }[] }[] };
      return projects[0]?.databases[0]?.infra_compute_size ?? "";
    };
    // At first, the API still shows the old status and size.
    expect([await status(), await size()]).toEqual(["ACTIVE_HEALTHY", "micro"]);
    clock.now += 400;
    expect([await status(), await size()]).toEqual(["RESIZING", "large"]);
    clock.now += 1000;
    expect([await status(), await size()]).toEqual(["ACTIVE_HEALTHY", "large"]);
  });

  test("aren't available to free organizations", async () => {
    const of = await local.project("small", { organization_slug: "hobby" });
    expect(await selected(of)).toEqual([]);
    const change = { addon_type: "compute_instance", addon_variant: "ci_large" };
    expect((await local.call("PATCH", `/v1/projects/${of}/billing/addons`, change)).status).toBe(402);
  });
});
