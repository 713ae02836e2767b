import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { databaseDefinition } from "../../../../infra/database.ts";
import { access } from "../../../../src/provider/resources/postgres/access.ts";
import { rowSecurity } from "../../../../src/provider/resources/postgres/row-security.ts";
import { schema } from "../../../../src/provider/resources/postgres/schema.ts";
import { Life } from "../../life.ts";
import { type Live, startLive } from "../../live.ts";

let live: Live;
beforeAll(async () => {
  live = await startLive();
});
afterAll(() => live.stop());

describe.each(["control-plane", "workspace"] as const)("the definition of the %s", (kind) => {
  test("is written in three calls, and compared without drift in one", async () => {
    const project = await live.project(kind);
    const { access: who, schema: scripts, rowSecurity: rows } = databaseDefinition(kind);
    const context = live.context();
    const lives = [
      new Life(access, context),
      new Life(schema, context),
      new Life(rowSecurity, context),
    ] as const;
    const calls = () => live.sandbox.requests().filter(({ path }) => path.includes(project));

    live.sandbox.clearRequests();
    await lives[0].up({ project, ...who });
    await lives[1].up({ project, ...scripts });
    await lives[2].up({ project, ...rows });
    expect(calls()).toHaveLength(3);

    live.sandbox.clearRequests();
    const looking = context("look");
    const once = () => looking;
    const drift = await Promise.all(lives.map((life) => life.refresh(once)));
    expect(drift).toEqual([[], [], []]);
    expect(calls()).toHaveLength(1);
  });
});

describe("PostgREST in a workspace", () => {
  const ISSUER = "https://center.example/auth/v1";
  let project: string;

  beforeAll(async () => {
    project = await live.project("asked");
    const { access: who, schema: scripts, rowSecurity: rows } = databaseDefinition("workspace");
    const context = live.context();
    await new Life(access, context).up({ project, ...who });
    await new Life(schema, context).up({ project, ...scripts });
    await new Life(rowSecurity, context).up({ project, ...rows });
    await live.sql(project, `insert into private.settings values (true, gen_random_uuid(), '${ISSUER}')`);
  });

  /** Does what PostgREST does for a request: sets the role and the token's claims, then calls the pre-request function. */
  async function request(role: string, claims: object): Promise<unknown> {
    const [setting] = await live.sql(
      project,
      `select split_part(setting, '=', 2) as asks from pg_db_role_setting, unnest(setconfig) as setting
       where setrole = 'authenticator'::regrole and setting like 'pgrst.db_pre_request=%'`,
    );
    const asks = setting?.asks;
    if (typeof asks !== "string") throw new Error("PostgREST asks nothing before a request");
    return live.sql(
      project,
      `set session authorization authenticator; begin;
       select set_config('role', '${role}', true), set_config('request.jwt.claims', '${JSON.stringify(claims)}', true);
       select ${asks}()`,
    );
  }

  test.each([
    ["a token of the platform", "authenticated", { iss: ISSUER, sub: "1" }],
    ["the product's own servers", "service_role", { iss: "supabase" }],
  ])("lets in %s", async (_, role, claims) => {
    await expect(request(role, claims)).resolves.toHaveLength(1);
  });

  test.each([
    ["another issuer's token", "authenticated", { iss: "https://evil.example/auth/v1", sub: "1" }],
    ["a token without an issuer", "authenticated", { sub: "1" }],
    ["nobody's", "anon", {}],
  ])("refuses %s before any query", async (_, role, claims) => {
    await expect(request(role, claims)).rejects.toThrow("the token is another issuer's, or has expired");
  });
});
