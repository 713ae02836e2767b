import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { project } from "../../../../src/provider/resources/supabase/project.ts";
import { settings } from "../../../../src/provider/resources/supabase/settings.ts";
import { standby } from "../../../../src/provider/resources/supabase/standby.ts";
import { dataOf } from "../../../../src/vendors/supabase/client.ts";
import { restore, untilHealthy } from "../../../../src/vendors/supabase/lifecycle.ts";
import { Life } from "../../life.ts";
import { type Live, SUPABASE_ORGANIZATION, startLive } from "../../live.ts";

const FREE = "gratis";

let live: Live;

beforeAll(async () => {
  live = await startLive({ freeOrganizations: [FREE], freeProjectLimit: 20 });
});
afterAll(() => live.stop());

const supabase = () => live.context()("write").supabase;
const signal = new AbortController().signal;

async function workspaceProject(organization: string, name: string) {
  const declared = {
    name,
    organization,
    region: "eu-central-1",
    compute: organization === FREE ? "nano" : "small",
    databasePassword: { id: "5f0f4c1e-0000-4000-8000-000000000001" },
  };
  const life = new Life(project, live.context());
  const { ref } = await life.up(declared);
  await untilHealthy(supabase(), ref, signal);
  return {
    ref,
    become: (state: "active" | "suspended" | "archived") => life.up({ ...declared, state }),
    standby: { project: ref, organization, name },
    found: async () => {
      const path = { slug: organization };
      const { projects } = await dataOf(
        supabase().api.GET("/v1/organizations/{slug}/projects", { params: { path } }),
      );
      const found = projects.find((each) => each.ref === ref);
      return { status: found?.status, size: found?.databases[0]?.infra_compute_size };
    },
  };
}

describe("an inactive project", () => {
  test("keeps running in a paid organization; an archived one has the smallest size until it is active again", async () => {
    const one = await workspaceProject(SUPABASE_ORGANIZATION, "paid--one");
    const rest = new Life(standby, live.context());
    await one.become("suspended");
    expect(await rest.up({ ...one.standby, state: "suspended" })).toEqual({ paused: false });
    expect(await one.found()).toEqual({ status: "ACTIVE_HEALTHY", size: "small" });

    await one.become("archived");
    await rest.up({ ...one.standby, state: "archived" });
    await rest.up({ ...one.standby, state: "archived" });
    expect(await one.found()).toEqual({ status: "ACTIVE_HEALTHY", size: "micro" });
    expect(await rest.refresh()).toEqual([]);

    await one.become("active");
    expect(await one.found()).toEqual({ status: "ACTIVE_HEALTHY", size: "small" });
  });

  test("is paused in a free organization; its resources aren't compared until it is active again", async () => {
    const one = await workspaceProject(FREE, "free--one");
    const rest = new Life(standby, live.context());
    const inside = new Life(settings, live.context());
    const closed = { project: one.ref, api: { schemas: [] } };
    await inside.up({ project: one.ref, state: "active", api: { schemas: ["public"] } });

    await one.become("suspended");
    await inside.up({ ...closed, state: "suspended" });
    expect(await rest.up({ ...one.standby, state: "suspended" })).toEqual({ paused: true });
    expect((await one.found()).status).toMatch(/^(PAUSING|INACTIVE)$/);
    live.sandbox.clearRequests();
    expect(await inside.refresh()).toEqual([]);
    await inside.up({ ...closed, state: "archived", api: { schemas: [], maxRows: 7 } });
    expect(live.sandbox.requests()).toEqual([]);

    await one.become("active");
    await inside.up({ project: one.ref, state: "active", api: { schemas: ["public"], maxRows: 7 } });
    expect(await inside.refresh()).toEqual([]);
    expect((await one.found()).status).toBe("ACTIVE_HEALTHY");
  });

  test.each([
    { kind: "hold-before", organization: SUPABASE_ORGANIZATION, match: "/billing/addons", becomes: "micro" },
    { kind: "hold-after", organization: SUPABASE_ORGANIZATION, match: "/billing/addons", becomes: "micro" },
    { kind: "hold-before", organization: FREE, match: "/pause$", becomes: "INACTIVE" },
    { kind: "hold-after", organization: FREE, match: "/pause$", becomes: "INACTIVE" },
  ] as const)("completes after a killed run, $kind $match", async (each) => {
    const { kind, organization, match, becomes } = each;
    const one = await workspaceProject(organization, `killed--${becomes.toLowerCase()}-${kind}`);
    const declared = { ...one.standby, state: "archived" as const };
    await live.killed({ kind, writesOnly: true, match }, (context) =>
      new Life(standby, context).up(declared),
    );

    const next = new Life(standby, live.context());
    expect(await next.up(declared)).toEqual({ paused: organization === FREE });
    expect(await next.refresh()).toEqual([]);
    await expect.poll(async () => Object.values(await one.found())).toContain(becomes);
  });

  test("that was restored by hand is drift, and is paused again", async () => {
    const one = await workspaceProject(FREE, "woken--one");
    const rest = new Life(standby, live.context());
    await rest.up({ ...one.standby, state: "suspended" });
    await restore(supabase(), one.ref, signal);
    expect(await rest.refresh()).toEqual(["awake"]);
    expect(await rest.up({ ...one.standby, state: "suspended" })).toEqual({ paused: true });
  });

  test("that was paused outside tenantry is restored when it is declared active", async () => {
    const one = await workspaceProject(FREE, "dozed--one");
    await dataOf(supabase().api.POST("/v1/projects/{ref}/pause", { params: { path: { ref: one.ref } } }));
    await one.become("active");
    expect((await one.found()).status).toBe("ACTIVE_HEALTHY");
  });
});
