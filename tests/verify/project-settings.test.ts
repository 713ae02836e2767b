import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { controlPlaneSettings, workspaceSettings } from "../../infra/settings.ts";
import type { SecurityModel } from "../../src/model/model.ts";
import { settings } from "../../src/provider/resources/supabase/settings.ts";
import { settingsChecks } from "../../src/verify/project-settings.ts";
import { Life } from "../provider/life.ts";
import { type Live, startLive } from "../provider/live.ts";
import { lines } from "./world.ts";

const SECURITY: SecurityModel = {
  network: { controlPlane: { v4: ["198.51.100.0/24"], v6: [] }, workspaces: { v4: [], v6: [] } },
  tlsEnforced: true,
  publicChannels: false,
  signIn: [],
};
const ISSUER = "https://control-plane.example/auth/v1";
const DECLARED = {
  "control plane": controlPlaneSettings(SECURITY),
  workspace: workspaceSettings(SECURITY, ISSUER, true),
};
type Kind = keyof typeof DECLARED;

let live: Live;
beforeAll(async () => {
  live = await startLive();
});
afterAll(() => live.stop());

type Change = readonly [method: string, path: string, body: object];
const auth = (body: object): Change => ["PATCH", "/config/auth", body];
const api = (body: object): Change => ["PATCH", "/postgrest", body];
const trust = (body: object): Change => ["POST", "/config/auth/third-party-auth", body];
const restrict = (body: object): Change => ["POST", "/network-restrictions/apply", body];
const features = (body: object): Change => ["PATCH", "/config/storage", { features: body }];
const EVIL = "https://evil.example";

/** A change outside tenantry and the difference that `verify` reports, in both kinds of project by default. */
const MEDDLINGS: readonly (readonly [what: string, change: Change, found: string, only?: Kind])[] = [
  [
    "another schema",
    api({ db_schema: "public,private" }),
    "data API: exposes the schemas public; exposes the schemas private, public",
  ],
  ["no schema", api({ db_schema: "" }), "data API: exposes the schemas public; is off"],
  [
    "more rows",
    api({ max_rows: 1_000_000 }),
    "data API: returns at most 1000 rows for a request; returns at most 1000000 rows for a request",
  ],
  [
    "the search path",
    api({ db_extra_search_path: "private" }),
    "data API: has the search path public, extensions; has the search path private",
  ],
  [
    "a foreign issuer",
    trust({ oidc_issuer_url: EVIL }),
    `third-party auth: accepts no other tokens; accepts tokens of ${EVIL}`,
    "control plane",
  ],
  [
    "a foreign issuer",
    trust({ oidc_issuer_url: EVIL }),
    `third-party auth: accepts only tokens of ${ISSUER}; accepts tokens of ${EVIL}`,
    "workspace",
  ],
  [
    "foreign keys by URL",
    trust({ jwks_url: `${EVIL}/keys` }),
    `third-party auth: accepts no other tokens; accepts tokens of the keys at ${EVIL}/keys`,
    "control plane",
  ],
  [
    "foreign keys",
    trust({ custom_jwks: { keys: [] } }),
    "third-party auth: accepts no other tokens; accepts tokens of keys that were pasted into the project",
    "control plane",
  ],
  [
    "sign-up",
    auth({ disable_signup: false }),
    "auth service: accepts no sign-ups; accepts sign-ups from anybody",
    "workspace",
  ],
  [
    "long-lived tokens",
    auth({ jwt_exp: 604_800 }),
    "auth service: issues access tokens for 3600 seconds; issues access tokens for 604800 seconds",
  ],
  [
    "anonymous users",
    auth({ external_anonymous_users_enabled: true }),
    "auth service: refuses anonymous sign-ins; accepts anonymous sign-ins",
  ],
  [
    "unverified addresses",
    auth({ mailer_autoconfirm: true }),
    "auth service: verifies e-mail addresses before sign-in; accepts unverified e-mail addresses",
    "control plane",
  ],
  [
    "unverified addresses",
    auth({ mailer_autoconfirm: true }),
    "auth service, mailer_autoconfirm: isn't declared; accepts unverified e-mail addresses",
    "workspace",
  ],
  [
    "no hook",
    auth({ hook_custom_access_token_enabled: false }),
    "auth service: calls pg-functions://postgres/private/access_token_hook before it issues a token and no hook before it creates a user; calls no hook before it issues a token and no hook before it creates a user",
    "control plane",
  ],
  [
    "a hook",
    auth({ hook_custom_access_token_enabled: true }),
    "auth service, hook_custom_access_token_enabled: isn't declared; calls the hook custom_access_token",
    "workspace",
  ],
  [
    "a sign-in method",
    auth({ external_google_enabled: true }),
    "auth service, external_google_enabled: isn't declared; accepts sign-ins by google",
  ],
  [
    "SAML",
    auth({ saml_enabled: true }),
    "auth service, saml_enabled: isn't declared; accepts sign-ins by SAML",
  ],
  [
    "test codes",
    auth({ sms_test_otp: "15550100=123456" }),
    "auth service, sms_test_otp: isn't declared; accepts fixed codes for test phone numbers",
  ],
  [
    "refresh tokens that don't rotate",
    auth({ refresh_token_rotation_enabled: false }),
    "auth service, refresh_token_rotation_enabled: isn't declared; accepts a refresh token more than once",
  ],
  [
    "redirects to another site",
    auth({ uri_allow_list: EVIL }),
    "auth service, uri_allow_list: isn't declared; may redirect to other URLs after sign-in",
    "workspace",
  ],
  [
    "the network, opened to everybody",
    restrict({ dbAllowedCidrs: ["0.0.0.0/0"], dbAllowedCidrsV6: ["::/0"] }),
    "network restrictions: allow 198.51.100.0/24; allow every IPv4 address",
    "control plane",
  ],
  [
    "the network, opened to every IPv6 address",
    restrict({ dbAllowedCidrs: [], dbAllowedCidrsV6: ["::/0"] }),
    "network restrictions: allow no IPv6 address; allow every IPv6 address",
  ],
  [
    "the network, opened to one address",
    restrict({ dbAllowedCidrs: ["8.8.8.8/32"] }),
    "network restrictions: allow no IPv4 address; allow 8.8.8.8/32",
    "workspace",
  ],
  [
    "connections without TLS",
    ["PUT", "/ssl-enforcement", { requestedConfig: { database: false } }],
    "database: refuses connections without TLS; accepts connections without TLS",
  ],
  [
    "public channels",
    ["PATCH", "/config/realtime", { private_only: false }],
    "Realtime: accepts only private channels; accepts public channels",
  ],
  [
    "Iceberg catalogs",
    features({ icebergCatalog: { enabled: true, maxNamespaces: 1, maxTables: 1, maxCatalogs: 1 } }),
    "Storage: serves no Iceberg catalogs; serves Iceberg catalogs",
  ],
  [
    "vectors",
    features({ vectorBuckets: { enabled: true, maxBuckets: 1, maxIndexes: 1 } }),
    "Storage: serves no vector buckets; serves vector buckets",
  ],
];

describe.each(["control plane", "workspace"] as const)("the settings of a %s's project", (kind) => {
  let ref: string;
  let life: Life<typeof settings.inputs, typeof settings.outputs>;
  const up = () => life.up({ project: ref, ...DECLARED[kind] });

  beforeAll(async () => {
    ref = await live.project(kind.replace(" ", ""));
    life = new Life(settings, live.context());
    await up();
  });

  async function verify(): Promise<string[]> {
    const checks = settingsChecks(live.context()("look"), ref, DECLARED[kind]);
    return lines({ differences: (await Promise.all(checks.map((check) => check()))).flat() });
  }

  async function change([method, path, body]: Change): Promise<void> {
    const { SUPABASE_API_URL, SUPABASE_ACCESS_TOKEN } = live.sandbox.env;
    const response = await fetch(`${SUPABASE_API_URL}/v1/projects/${ref}${path}`, {
      method,
      headers: { authorization: `Bearer ${SUPABASE_ACCESS_TOKEN}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    expect(response.ok, await response.text()).toBe(true);
  }

  it("are clean after up", async () => {
    expect(await verify()).toEqual([]);
  });

  it.each(
    MEDDLINGS.flatMap(([what, meddling, found, only = kind]) =>
      only === kind ? [[what, meddling, found] as const] : [],
    ),
  )("verify finds %s", async (_, meddling, found) => {
    await change(meddling);
    expect(await verify()).toContain(found);
    await life.refresh();
    await up();
    expect(await verify(), "and is clean when it was put back").toEqual([]);
  });
});
