import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { statusAt } from "../../src/supabase/projects-state.ts";
import { type LocalSandbox, openSandbox, PASSWORD, until } from "../local-sandbox.ts";
import { managementApi } from "./management-api.ts";

let local: LocalSandbox;
beforeAll(async () => {
  local = await openSandbox({ freeOrganizations: ["hobby"] });
});
afterAll(() => local.close());

const creation = { organization_slug: "demo", db_pass: PASSWORD };

describe("creating a project", () => {
  test("returns immediately with the status UNKNOWN", async () => {
    const made = await local.call("POST", "/v1/projects", {
      ...creation,
      name: "fresh",
      region_selection: { type: "specific", code: "eu-central-1" },
      desired_instance_size: "small",
    });
    expect(made.status).toBe(201);
    expect(made.body).toEqual({
      id: made.body.ref,
      ref: expect.stringMatching(/^[a-z]{20}$/),
      organization_id: "demo",
      organization_slug: "demo",
      name: "fresh",
      region: "eu-central-1",
      created_at: expect.stringMatching(/^\d{4}-/),
      status: "UNKNOWN",
    });
  });

  test("is refused if the organization has a project with the same name", async () => {
    const ref = await local.project("once");
    const again = await local.call("POST", "/v1/projects", { ...creation, name: "once" });
    expect(again.status).toBe(409);
    expect(again.body).toEqual({ message: 'Project with name "once" already exists in your organization.' });
    const found = await local.call("GET", "/v1/organizations/demo/projects?search=once");
    expect(found.body.projects.map((one: { ref: string }) => one.ref)).toEqual([ref]);
    const elsewhere = await local.call("POST", "/v1/projects", {
      ...creation,
      organization_slug: "hobby",
      name: "once",
    });
    expect(elsewhere.status).toBe(201);
  });

  test.each([
    [
      "a property that doesn't exist",
      { ...creation, name: "x", colour: "red" },
      400,
      "property colour should not exist",
    ],
    ["no password", { organization_slug: "demo", name: "x" }, 400, "db_pass: "],
    [
      "a size that isn't offered",
      { ...creation, name: "x", desired_instance_size: "pico" },
      400,
      "desired_instance_size: ",
    ],
    ["an unknown region", { ...creation, name: "x", region: "mars-1" }, 400, "region: "],
    [
      "an unknown organization",
      { ...creation, name: "x", organization_slug: "nobody" },
      404,
      "Organization not found",
    ],
  ])("with %s is refused", async (_, body, status, text) => {
    const reply = await local.call("POST", "/v1/projects", body);
    expect([reply.status, reply.body.message]).toEqual([status, expect.stringContaining(text)]);
  });
});

describe("a project", () => {
  test("goes through its stages", () => {
    const change = {
      through: ["UNKNOWN", "COMING_UP", "COMING_UP"],
      to: "ACTIVE_HEALTHY",
      startedAt: 1000,
    } as const;
    const seen = [1000, 1099, 1100, 1299, 1300, 9999].map((now) => statusAt(change, now, 300));
    expect(seen).toEqual([
      "UNKNOWN",
      "UNKNOWN",
      "COMING_UP",
      "COMING_UP",
      "ACTIVE_HEALTHY",
      "ACTIVE_HEALTHY",
    ]);
  });

  test("becomes healthy service by service, with some services after the project", async () => {
    const { call, clock } = await managementApi();
    const names = ["db", "pooler", "realtime"];
    const { ref } = (await (
      await call("POST", "/v1/projects", { ...creation, organization_slug: "a", name: "p" })
    ).json()) as {
      ref: string;
    };
    // biome-ignore lint/suspicious/noExplicitAny: replies of many shapes
    const get = async (path: string): Promise<any> =>
      (await call("GET", `/v1/projects/${ref}${path}`)).json();
    const healthy = async (): Promise<string[]> => {
      const services = await get(`/health?services=${names.join()}`);
      return services
        .filter((one: { healthy: boolean }) => one.healthy)
        .map((one: { name: string }) => one.name);
    };
    const seen = async (): Promise<unknown> => [(await get("")).status, await healthy()];

    // At first, the project's own routes return 404, although the organization's list contains it.
    expect((await call("GET", `/v1/projects/${ref}`)).status).toBe(404);
    clock.now += 200;
    expect(await seen()).toEqual(["UNKNOWN", []]);
    expect(await get("/health?services=db&services=pooler")).toEqual([
      { name: "db", healthy: false, status: "COMING_UP" },
      { name: "pooler", healthy: false, status: "UNHEALTHY", error: "Tenant not found" },
    ]);
    expect((await call("POST", `/v1/projects/${ref}/database/query`, { query: "select 1" })).status).toBe(
      544,
    );
    const removal = await call("DELETE", `/v1/projects/${ref}`);
    expect([removal.status, await removal.json()]).toEqual([
      400,
      { message: "Project not ready for deletion." },
    ]);

    clock.now += 400;
    await until(async () => (await healthy()).includes("db"));
    expect(await seen()).toEqual(["COMING_UP", ["db"]]);
    expect((await call("POST", `/v1/projects/${ref}/database/query`, { query: "select 1" })).status).toBe(
      201,
    );
    clock.now += 400;
    expect(await seen()).toEqual(["ACTIVE_HEALTHY", ["db"]]);
    clock.now += 200;
    expect(await seen()).toEqual(["ACTIVE_HEALTHY", names]);
  });

  test("isn't found after its deletion", async () => {
    const ref = await local.project("ending");
    expect((await local.call("DELETE", `/v1/projects/${ref}`)).body).toMatchObject({ ref, name: "ending" });
    for (const path of ["", "/health?services=db", "/secrets", "/config/auth"]) {
      const reply = await local.call("GET", `/v1/projects/${ref}${path}`);
      expect([reply.status, reply.body]).toEqual([404, { message: "Project not found" }]);
    }
    await local.project("ending");
  });

  test("can be renamed, but not to the name of another project", async () => {
    const ref = await local.project("before");
    await local.project("taken");
    expect((await local.call("PATCH", `/v1/projects/${ref}`, { name: "after" })).body).toMatchObject({
      name: "after",
    });
    expect((await local.call("GET", `/v1/projects/${ref}`)).body.name).toBe("after");
    expect((await local.call("PATCH", `/v1/projects/${ref}`, { name: "taken" })).status).toBe(409);
  });

  test("can't be paused in a paid organization", async () => {
    const ref = await local.project("paid");
    expect((await local.call("POST", `/v1/projects/${ref}/pause`)).status).toBe(400);
    expect((await local.query(ref, "select 1")).status).toBe(201);
  });

  test("can be paused in a free organization and keeps its data", async () => {
    const ref = await local.project("napping", { organization_slug: "hobby" });
    await local.query(ref, "create table kept as select 1 as n");
    const status = async (): Promise<string> => (await local.call("GET", `/v1/projects/${ref}`)).body.status;

    const early = await local.call("POST", `/v1/projects/${ref}/restore`);
    expect((await local.call("POST", `/v1/projects/${ref}/pause`)).status).toBe(200);
    await until(async () => (await status()) === "INACTIVE");
    const asleep = await local.query(ref, "table kept");
    const health = await local.call("GET", `/v1/projects/${ref}/health?services=db`);
    expect((await local.call("POST", `/v1/projects/${ref}/restore`)).status).toBe(200);
    await local.healthy(ref);

    expect([early.status, asleep.status, health.body[0].status]).toEqual([400, 544, "UNHEALTHY"]);
    expect((await local.query(ref, "table kept")).body).toEqual([{ n: 1 }]);
  });
});

describe("an organization's projects", () => {
  test("are paginated, sorted, and searched by a part of their name", async () => {
    const { call, clock } = await managementApi();
    for (const name of ["delta", "alpha", "charlie", "bravo"]) {
      clock.now += 1;
      await call("POST", "/v1/projects", { ...creation, organization_slug: "a", name });
    }
    const page = (query: string): Promise<Response> => call("GET", `/v1/organizations/a/projects${query}`);
    const list = async (query: string): Promise<string[]> => {
      const { projects } = (await (await page(query)).json()) as { projects: { name: string }[] };
      return projects.map(({ name }) => name);
    };
    expect(await list("")).toEqual(["alpha", "bravo", "charlie", "delta"]);
    expect(await list("?limit=2&offset=1")).toEqual(["bravo", "charlie"]);
    expect(await list("?sort=created_desc")).toEqual(["bravo", "charlie", "alpha", "delta"]);
    expect(await list("?search=ALP")).toEqual(["alpha"]);
    expect(await list("?statuses=INACTIVE")).toEqual([]);
    expect(await (await page("?limit=1")).json()).toMatchObject({
      pagination: { count: 4, limit: 1, offset: 0 },
    });
    expect((await page("?limit=101")).status).toBe(400);
  });
});

describe("free organizations of one account", () => {
  let free: LocalSandbox;
  beforeAll(async () => {
    free = await openSandbox({ freeOrganizations: ["free", "free2"] });
  });
  afterAll(() => free.close());

  const create = (name: string, organization_slug: string, more: object = {}) =>
    free.call("POST", "/v1/projects", { organization_slug, db_pass: PASSWORD, name, ...more });

  test("have only the size nano and no point-in-time recovery", async () => {
    const large = await create("large", "free", { desired_instance_size: "large" });
    expect([large.status, large.body.message]).toEqual([402, expect.stringContaining("paid plan")]);
    const nano = await free.project("nano", { organization_slug: "free", desired_instance_size: "nano" });
    for (const [addon_type, addon_variant] of [
      ["compute_instance", "ci_small"],
      ["pitr", "pitr_7"],
    ]) {
      const addon = { addon_type, addon_variant };
      expect((await free.call("PATCH", `/v1/projects/${nano}/billing/addons`, addon)).status).toBe(402);
    }
    expect((await free.call("DELETE", `/v1/projects/${nano}`)).status).toBe(200);
  });

  test("have two active projects in total, and others when one is paused or deleted", async () => {
    const refused = (reply: { status: number; body: { message: string } }) =>
      expect([reply.status, reply.body.message]).toEqual([
        403,
        expect.stringMatching(/maximum limits for the number of active free projects .* \(2 project limit\)/),
      ]);
    const one = await free.project("one", { organization_slug: "free" });
    const two = await free.project("two", { organization_slug: "free2" });
    refused(await create("three", "free2"));
    expect((await create("paid", "demo")).status).toBe(201);

    expect((await free.call("POST", `/v1/projects/${one}/pause`)).status).toBe(200);
    expect((await create("three", "free2")).status).toBe(201);
    await until(async () => (await free.call("GET", `/v1/projects/${one}`)).body.status === "INACTIVE");
    refused(await free.call("POST", `/v1/projects/${one}/restore`));
    expect((await free.call("DELETE", `/v1/projects/${two}`)).status).toBe(200);
    expect((await free.call("POST", `/v1/projects/${one}/restore`)).status).toBe(200);
    await free.healthy(one);
  });
});
