import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { settings } from "../../../../src/provider/resources/supabase/settings.ts";
import { dataOf } from "../../../../src/vendors/supabase/client.ts";
import { Life } from "../../life.ts";
import { type Live, startLive } from "../../live.ts";

let live: Live;
let ref: string;

beforeAll(async () => {
  live = await startLive();
  ref = await live.project("settings");
});
afterAll(() => live.stop());

const life = () => new Life(settings, live.context());
const params = () => ({ params: { path: { ref } } });
const api = () => live.context()("write").supabase.api;
async function change(method: string, path: string, body?: object): Promise<unknown> {
  const { SUPABASE_API_URL, SUPABASE_ACCESS_TOKEN } = live.sandbox.env;
  const response = await fetch(`${SUPABASE_API_URL}/v1/projects/${ref}${path}`, {
    method,
    headers: { authorization: `Bearer ${SUPABASE_ACCESS_TOKEN}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return response.status === 204 ? undefined : response.json().catch(() => undefined);
}
const writes = () => live.sandbox.requests().filter(({ write }) => write);

describe("declared settings", () => {
  test("are written once", async () => {
    const declared = {
      project: ref,
      api: { schemas: ["public", "graphql_public"], maxRows: 500 },
      auth: {
        siteUrl: "https://acme.example",
        redirectUrls: ["https://acme.example/a", "https://acme.example/b"],
        disableSignup: true,
        jwtExpiry: 1800,
        confirmEmail: true,
        hooks: { customAccessToken: { uri: "pg-functions://postgres/private/add_claims" } },
      },
      thirdPartyAuth: [{ issuer: "https://control.example/auth/v1" }],
    };
    const one = life();
    await one.up(declared);
    expect(await dataOf(api().GET("/v1/projects/{ref}/postgrest", params()))).toMatchObject({
      db_schema: "public,graphql_public",
      max_rows: 500,
    });
    expect(await dataOf(api().GET("/v1/projects/{ref}/config/auth", params()))).toMatchObject({
      site_url: "https://acme.example",
      uri_allow_list: "https://acme.example/a,https://acme.example/b",
      disable_signup: true,
      jwt_exp: 1800,
      mailer_autoconfirm: false,
      hook_custom_access_token_enabled: true,
    });

    live.sandbox.clearRequests();
    await one.up(declared);
    expect(writes()).toEqual([]);
    expect(await one.refresh()).toEqual([]);
  });

  test("that are no longer declared stay unchanged, except hooks and trusted issuers", async () => {
    const one = life();
    const hooks = { customAccessToken: { uri: "pg-functions://postgres/private/add_claims" } };
    await one.up({
      project: ref,
      api: { maxRows: 77 },
      auth: { hooks },
      thirdPartyAuth: [{ issuer: "https://a.example" }],
    });
    await one.up({ project: ref, auth: {}, thirdPartyAuth: [] });
    expect(await dataOf(api().GET("/v1/projects/{ref}/postgrest", params()))).toMatchObject({ max_rows: 77 });
    expect(await dataOf(api().GET("/v1/projects/{ref}/config/auth", params()))).toMatchObject({
      hook_custom_access_token_enabled: false,
    });
    const trusted = await dataOf(api().GET("/v1/projects/{ref}/config/auth/third-party-auth", params()));
    expect(trusted).toEqual([]);
  });

  test("are compared with the live ones; undeclared settings are not", async () => {
    const one = life();
    await one.up({ project: ref, api: { maxRows: 100 }, thirdPartyAuth: [{ issuer: "https://a.example" }] });
    await dataOf(
      api().PATCH("/v1/projects/{ref}/postgrest", {
        ...params(),
        body: { max_rows: 5, db_schema: "storage" },
      }),
    );
    await dataOf(
      api().POST("/v1/projects/{ref}/config/auth/third-party-auth", {
        ...params(),
        body: { oidc_issuer_url: "https://stranger.example" },
      }),
    );
    expect(await one.refresh()).toEqual(["api/maxRows", "thirdPartyAuth"]);
    await one.up({ project: ref, api: { maxRows: 100 }, thirdPartyAuth: [{ issuer: "https://a.example" }] });
    expect(await one.refresh()).toEqual([]);
    expect(await dataOf(api().GET("/v1/projects/{ref}/postgrest", params()))).toMatchObject({
      max_rows: 100,
      db_schema: "storage",
    });
  });

  test("for network and SSL are written as a whole, only when they differ", async () => {
    const declared = { project: ref, network: { allowedCidrs: ["203.0.113.0/24"] }, ssl: { enforced: true } };
    const one = life();
    await one.up(declared);
    expect(await dataOf(api().GET("/v1/projects/{ref}/network-restrictions", params()))).toMatchObject({
      config: { dbAllowedCidrs: ["203.0.113.0/24"] },
    });
    expect(await dataOf(api().GET("/v1/projects/{ref}/ssl-enforcement", params()))).toMatchObject({
      currentConfig: { database: true },
    });
    live.sandbox.clearRequests();
    await one.up(declared);
    expect(writes()).toEqual([]);
    await one.up({ project: ref, ssl: { enforced: false } });
  });

  test("include a trusted issuer once although its POST is cut", async () => {
    const issuer = "https://cut.example";
    live.sandbox.setFaults([{ kind: "drop-after", match: "^POST .*third-party-auth$", nth: 1 }]);
    await life().up({ project: ref, thirdPartyAuth: [{ issuer }] });
    live.sandbox.setFaults([]);
    const trusted = await dataOf(api().GET("/v1/projects/{ref}/config/auth/third-party-auth", params()));
    expect(trusted).toMatchObject([{ oidc_issuer_url: issuer }]);
  });
});

describe("settings that were changed outside tenantry", () => {
  let shared: string;
  beforeAll(async () => {
    shared = ref;
    ref = await live.project("meddled");
  });
  afterAll(() => {
    ref = shared;
  });
  const NOBODY = { allowedCidrs: [], allowedCidrsV6: [] };
  const closed = () => ({
    project: ref,
    api: { schemas: ["public"], maxRows: 1000, extraSearchPath: ["public", "extensions"] },
    auth: { disableSignup: true, anonymousSignIns: false, jwtExpiry: 3600, signInMethods: [] as string[] },
    thirdPartyAuth: [] as { issuer: string }[],
    network: NOBODY,
    ssl: { enforced: true },
    realtime: { privateOnly: true },
    storage: { icebergCatalog: false, vectorBuckets: false },
  });
  const auth = (body: object) => ["PATCH", "/config/auth", body] as const;
  const features = (body: object) => ["PATCH", "/config/storage", { features: body }] as const;
  const restrict = (body: object) => ["POST", "/network-restrictions/apply", body] as const;

  test.each([
    ["jwtExpiry", auth({ jwt_exp: 604_800 }), ["auth/jwtExpiry"]],
    ["sign-up", auth({ disable_signup: false }), ["auth/disableSignup"]],
    ["anonymous users", auth({ external_anonymous_users_enabled: true }), ["auth/anonymousSignIns"]],
    ["a sign-in method", auth({ external_google_enabled: true }), ["drift"]],
    ["a self-hosted sign-in method", auth({ external_keycloak_enabled: true }), ["drift"]],
    ["phones", auth({ external_phone_enabled: true }), ["drift"]],
    ["wallets", auth({ external_web3_solana_enabled: true }), ["drift"]],
    ["SAML", auth({ saml_enabled: true }), ["drift"]],
    ["an OAuth server", auth({ oauth_server_enabled: true }), ["drift"]],
    ["sign-in without a verified address", auth({ mailer_allow_unverified_email_sign_ins: true }), ["drift"]],
    ["unverified addresses", auth({ mailer_autoconfirm: true }), ["drift"]],
    ["test codes", auth({ sms_test_otp: "15550100=123456" }), ["drift"]],
    ["refresh tokens that don't rotate", auth({ refresh_token_rotation_enabled: false }), ["drift"]],
    ["a hook that writes claims", auth({ hook_custom_access_token_enabled: true }), ["drift"]],
    ["a hook that receives passwords", auth({ hook_password_verification_attempt_enabled: true }), ["drift"]],
    ["redirects to another site", auth({ uri_allow_list: "https://evil.example" }), ["drift"]],
    ["maxRows", ["PATCH", "/postgrest", { max_rows: 1_000_000 }] as const, ["api/maxRows"]],
    ["exposed schemas", ["PATCH", "/postgrest", { db_schema: "public,private" }] as const, ["api/schemas"]],
    [
      "the search path",
      ["PATCH", "/postgrest", { db_extra_search_path: "private" }] as const,
      ["api/extraSearchPath"],
    ],
    [
      "a trusted issuer",
      ["POST", "/config/auth/third-party-auth", { oidc_issuer_url: "https://evil.example" }] as const,
      ["thirdPartyAuth"],
    ],
    [
      "another issuer's keys",
      ["POST", "/config/auth/third-party-auth", { custom_jwks: { keys: [] } }] as const,
      ["thirdPartyAuth"],
    ],
    [
      "the network, opened to everybody",
      restrict({ dbAllowedCidrs: ["0.0.0.0/0"], dbAllowedCidrsV6: ["::/0"] }),
      ["network/allowedCidrs", "network/allowedCidrsV6"],
    ],
    [
      "the network, opened to one address",
      restrict({ dbAllowedCidrs: ["8.8.8.8/32"] }),
      ["network/allowedCidrs"],
    ],
    [
      "unencrypted connections",
      ["PUT", "/ssl-enforcement", { requestedConfig: { database: false } }] as const,
      ["ssl/enforced"],
    ],
    [
      "public channels",
      ["PATCH", "/config/realtime", { private_only: false }] as const,
      ["realtime/privateOnly"],
    ],
    [
      "Iceberg catalogs",
      features({ icebergCatalog: { enabled: true, maxNamespaces: 1, maxTables: 1, maxCatalogs: 1 } }),
      ["storage/icebergCatalog"],
    ],
    [
      "vector buckets",
      features({ vectorBuckets: { enabled: true, maxBuckets: 1, maxIndexes: 1 } }),
      ["storage/vectorBuckets"],
    ],
  ])("%s: a refresh detects it, and the next update resets it", async (_, [method, path, body], paths) => {
    const one = life();
    await one.up(closed());
    expect(await one.refresh()).toEqual([]);
    await change(method, path, body);
    expect(await one.refresh()).toEqual(paths);
    await one.up(closed());
    expect(await one.refresh()).toEqual([]);
  });

  test("show no values of test codes", async () => {
    const one = life();
    await one.up(closed());
    await change(...auth({ sms_test_otp: "15550100=123456" }));
    await one.refresh();
    expect(JSON.stringify(one.inputs)).toContain("is set");
    expect(JSON.stringify(one.inputs)).not.toContain("123456");
    await one.up(closed());
  });

  test("stay in a product whose users sign in there, if they are declared or let nobody in", async () => {
    const product = {
      ...closed(),
      auth: { confirmEmail: true, anonymousSignIns: false, signInMethods: ["google", "saml"] },
    };
    const one = life();
    await one.up(product);
    await change("PATCH", "/config/auth", {
      external_google_enabled: true,
      saml_enabled: true,
      hook_send_email_enabled: true,
      uri_allow_list: "https://product.example",
      disable_signup: false,
      smtp_host: "smtp.example",
    });
    expect(await one.refresh()).toEqual([]);
    await change("PATCH", "/config/auth", { external_github_enabled: true });
    expect(await one.refresh()).toEqual(["drift"]);
    await one.up(product);
    const { external_google_enabled, external_github_enabled } = (await change(
      "GET",
      "/config/auth",
    )) as Record<string, unknown>;
    expect([external_google_enabled, external_github_enabled]).toEqual([true, false]);
  });

  test("are reset even if something else fails", async () => {
    const one = life();
    await one.up(closed());
    await change("PATCH", "/config/realtime", { private_only: false });
    await change("PATCH", "/postgrest", { max_rows: 5 });
    live.sandbox.setFaults([{ kind: "500", match: "^PATCH .*/postgrest$" }]);
    await expect(one.up({ ...closed() })).rejects.toThrow("/postgrest");
    live.sandbox.setFaults([]);
    expect(await change("GET", "/config/realtime")).toMatchObject({ private_only: true });
  });

  test("can't be declared", async () => {
    await expect(life().up({ project: ref, drift: { "auth.saml_enabled": "true" } })).rejects.toThrow(
      "drift: is set by a refresh and can't be declared",
    );
  });
});

test("an entry with both an issuer and keys, or neither, is refused", async () => {
  await expect(life().up({ project: ref, thirdPartyAuth: [{}] })).rejects.toThrow(
    "thirdPartyAuth[0]: expected exactly one of issuer and jwksUrl",
  );
});

test("settings of a deleted project are gone", async () => {
  const other = await live.project("gone");
  const one = life();
  await one.up({ project: other, api: { maxRows: 9 } });
  await live.deleteProject(other);
  expect(await one.refresh()).toBe("gone");
});
