import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { settings } from "../../../src/provider/supabase/settings.ts";
import { answer } from "../../../src/supabase/client.ts";
import { Life } from "../life.ts";
import { type Live, startLive } from "../live.ts";

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
const writes = () => live.sandbox.requests().filter(({ write }) => write);

describe("what is declared", () => {
  test("is written, and nothing is written again", async () => {
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
    expect(await answer(api().GET("/v1/projects/{ref}/postgrest", params()))).toMatchObject({
      db_schema: "public,graphql_public",
      max_rows: 500,
    });
    expect(await answer(api().GET("/v1/projects/{ref}/config/auth", params()))).toMatchObject({
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

  test("and isn't any more is left alone, but for a hook and a trusted issuer", async () => {
    const one = life();
    const hooks = { customAccessToken: { uri: "pg-functions://postgres/private/add_claims" } };
    await one.up({
      project: ref,
      api: { maxRows: 77 },
      auth: { hooks },
      thirdPartyAuth: [{ issuer: "https://a.example" }],
    });
    await one.up({ project: ref, auth: {}, thirdPartyAuth: [] });
    expect(await answer(api().GET("/v1/projects/{ref}/postgrest", params()))).toMatchObject({ max_rows: 77 });
    expect(await answer(api().GET("/v1/projects/{ref}/config/auth", params()))).toMatchObject({
      hook_custom_access_token_enabled: false,
    });
    const trusted = await answer(api().GET("/v1/projects/{ref}/config/auth/third-party-auth", params()));
    expect(trusted).toEqual([]);
  });

  test("is compared with what is there; what isn't declared is not", async () => {
    const one = life();
    await one.up({ project: ref, api: { maxRows: 100 }, thirdPartyAuth: [{ issuer: "https://a.example" }] });
    await answer(
      api().PATCH("/v1/projects/{ref}/postgrest", {
        ...params(),
        body: { max_rows: 5, db_schema: "storage" },
      }),
    );
    await answer(
      api().POST("/v1/projects/{ref}/config/auth/third-party-auth", {
        ...params(),
        body: { oidc_issuer_url: "https://stranger.example" },
      }),
    );
    expect(await one.refresh()).toEqual(["api/maxRows", "thirdPartyAuth"]);
    await one.up({ project: ref, api: { maxRows: 100 }, thirdPartyAuth: [{ issuer: "https://a.example" }] });
    expect(await one.refresh()).toEqual([]);
    expect(await answer(api().GET("/v1/projects/{ref}/postgrest", params()))).toMatchObject({
      max_rows: 100,
      db_schema: "storage",
    });
  });

  test("for the network and for SSL is written as a whole, and only when it differs", async () => {
    const declared = { project: ref, network: { allowedCidrs: ["203.0.113.0/24"] }, ssl: { enforced: true } };
    const one = life();
    await one.up(declared);
    expect(await answer(api().GET("/v1/projects/{ref}/network-restrictions", params()))).toMatchObject({
      config: { dbAllowedCidrs: ["203.0.113.0/24"] },
    });
    expect(await answer(api().GET("/v1/projects/{ref}/ssl-enforcement", params()))).toMatchObject({
      currentConfig: { database: true },
    });
    live.sandbox.clearRequests();
    await one.up(declared);
    expect(writes()).toEqual([]);
    await one.up({ project: ref, ssl: { enforced: false } });
  });

  test("a trusted issuer whose POST is cut is there once", async () => {
    const issuer = "https://cut.example";
    live.sandbox.setFaults([{ kind: "drop-after", match: "^POST .*third-party-auth$", nth: 1 }]);
    await life().up({ project: ref, thirdPartyAuth: [{ issuer }] });
    live.sandbox.setFaults([]);
    const trusted = await answer(api().GET("/v1/projects/{ref}/config/auth/third-party-auth", params()));
    expect(trusted).toMatchObject([{ oidc_issuer_url: issuer }]);
  });
});

test("an entry that names both an issuer and keys, or neither, is refused", async () => {
  await expect(life().up({ project: ref, thirdPartyAuth: [{}] })).rejects.toThrow(
    "thirdPartyAuth[0]: expected exactly one of issuer and jwksUrl",
  );
});

test("of a project that is gone, they are gone", async () => {
  const other = await live.project("gone");
  const one = life();
  await one.up({ project: other, api: { maxRows: 9 } });
  await live.deleteProject(other);
  expect(await one.refresh()).toBe("gone");
});
