import { Secret } from "@tenantry/core/secret";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PartialError } from "../../../../src/provider/resource.ts";
import { project } from "../../../../src/provider/resources/supabase/project.ts";
import { ready } from "../../../../src/provider/resources/supabase/ready.ts";
import { createSupabase } from "../../../../src/vendors/supabase/client.ts";
import { json, localServer } from "../../../vendors/http/local-server.ts";
import { Life } from "../../life.ts";
import { type Live, SUPABASE_ORGANIZATION, startLive } from "../../live.ts";

let live: Live;
const PASSWORD = { id: "5f0f4c1e-0000-4000-8000-000000000002", generation: 1 };

beforeAll(async () => {
  live = await startLive();
});
afterAll(() => live.stop());

async function newProject(name: string): Promise<string> {
  const { ref } = await new Life(project, live.context()).up({
    name,
    organization: SUPABASE_ORGANIZATION,
    region: "us-east-1",
    compute: "micro",
    databasePassword: PASSWORD,
  });
  return ref;
}

describe("the wait for a project", () => {
  test("ends when it is healthy, and returns how to connect", async () => {
    const ref = await newProject("ready--one");
    const reach = await new Life(ready, live.context()).up({ project: ref, databasePassword: PASSWORD });

    expect(reach.poolerUser).toBe(`postgres.${ref}`);
    expect(reach.issuer).toBe(`${reach.apiUrl}/auth/v1`);
    expect(reach.publishableKey).toMatch(/^sb_publishable_/);
    expect(reach.secretKey?.reveal()).toMatch(/^sb_secret_/);
    expect(reach.anonKey).toMatch(/^ey/);
    expect(reach.serviceRoleKey?.reveal()).toMatch(/^ey/);

    const client = new pg.Client({
      host: reach.poolerHost,
      port: reach.poolerPort,
      user: reach.poolerUser,
      database: reach.databaseName,
      password: reach.databasePassword?.reveal(),
    });
    await client.connect();
    const { rows } = await client.query("select current_user::text as me");
    await client.end();
    expect(rows).toEqual([{ me: "postgres" }]);
  });

  test("takes two calls besides polling, and none to refresh", async () => {
    const ref = await newProject("ready--cost");
    const one = new Life(ready, live.context());
    live.sandbox.clearRequests();
    await one.up({ project: ref });
    const polls = new RegExp(`/(${ref}|health)(\\?|$)`);
    expect(live.sandbox.requests().filter(({ path }) => !polls.test(path))).toHaveLength(2);
    live.sandbox.clearRequests();
    expect(await one.refresh()).toEqual([]);
    expect(live.sandbox.requests()).toEqual([]);
  });

  test("is recorded after a timeout that states the remedy, and resumed by the next run", async () => {
    const ref = "b".repeat(20);
    const project = { ref, name: "slow", status: "COMING_UP", database: { host: `db.${ref}.supabase.co` } };
    const server = await localServer((_request, response) => json(response, 200, project));
    const supabase = createSupabase({ token: new Secret("sbp_none"), baseUrl: server.url });
    const context = { ...live.context()("write"), supabase };
    const attempt = ready.ensure(context, ready.inputs.parse({ project: ref, timeoutSeconds: 1 }), undefined);
    await expect(attempt).rejects.toBeInstanceOf(PartialError);
    await expect(attempt).rejects.toMatchObject({
      id: ref,
      message: `Timed out after 1 s waiting for project ${ref} to be healthy.`,
    });
  });

  test.each([
    ["the project", "^GET /v1/projects/[a-z]{20}$", 1],
    ["the project, twice", "^GET /v1/projects/[a-z]{20}$", 2],
  ])("waits while Supabase doesn't know %s yet", async (name, match, times) => {
    const ref = await newProject(`unknown--${times}`);
    const response = { status: 404, body: { message: "Project not found" } };
    const faults = Array.from({ length: times }, (_, index) => index + 1);
    live.sandbox.setFaults(faults.map((nth) => ({ kind: "respond", response, match, nth })));
    expect(await new Life(ready, live.context()).up({ project: ref }), name).toMatchObject({
      poolerUser: `postgres.${ref}`,
    });
    live.sandbox.setFaults([]);
  });

  test("reports at once that a project is gone which was ready before", async () => {
    const ref = await newProject("unknown--gone");
    const one = new Life(ready, live.context());
    await one.up({ project: ref });
    await live.deleteProject(ref);
    await expect(one.up({ project: ref, timeoutSeconds: 299 })).rejects.toThrow(/status 404/);
  });

  test("reports a project that doesn't exist", async () => {
    const missing = { project: "a".repeat(20), timeoutSeconds: 1 };
    await expect(new Life(ready, live.context()).up(missing)).rejects.toThrow(
      /status 404.*[\s\S]*Check that the object exists/,
    );
  });
});
