import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { project } from "../../../../src/provider/resources/supabase/project.ts";
import { dataOf } from "../../../../src/vendors/supabase/client.ts";
import { Life } from "../../life.ts";
import { type Live, SUPABASE_ORGANIZATION, startLive } from "../../live.ts";

let live: Live;

beforeAll(async () => {
  live = await startLive();
});
afterAll(() => live.stop());

const DECLARED = {
  organization: SUPABASE_ORGANIZATION,
  region: "eu-central-1",
  compute: "micro",
  databasePassword: { id: "5f0f4c1e-0000-4000-8000-000000000001", generation: 1 },
};

const life = () => new Life(project, live.context());

/** An independent read of the live projects. */
async function projectsNamed(name: string) {
  const { supabase } = live.context()("look");
  const all = await dataOf(
    supabase.api.GET("/v1/organizations/{slug}/projects", {
      params: { path: { slug: SUPABASE_ORGANIZATION } },
    }),
  );
  return all.projects.filter((each) => each.name === name);
}

function writesSince(): string[] {
  return live.sandbox
    .requests()
    .filter((request) => request.write && request.service === "supabase")
    .map((request) => `${request.method} ${request.path.split("?")[0]}`);
}

describe("a project", () => {
  test("is created once, renamed, resized, left alone without changes, and deleted", async () => {
    const one = life();
    const { ref } = await one.up({ ...DECLARED, name: "life--one" });
    expect(await projectsNamed("life--one")).toMatchObject([{ ref, region: "eu-central-1" }]);

    await one.up({ ...DECLARED, name: "life--two" });
    expect(await projectsNamed("life--two")).toMatchObject([{ ref }]);

    await one.up({ ...DECLARED, name: "life--two", compute: "small" });
    expect(await projectsNamed("life--two")).toMatchObject([
      { databases: [{ infra_compute_size: "small" }] },
    ]);

    live.sandbox.clearRequests();
    await one.up({ ...DECLARED, name: "life--two", compute: "small" });
    expect(writesSince()).toEqual([]);
    expect(await one.refresh()).toEqual([]);

    await one.remove();
    await one.remove();
    expect(await projectsNamed("life--two")).toEqual([]);
    expect(await one.refresh()).toBe("gone");
  });

  test("takes two calls to create and one to refresh", async () => {
    const one = life();
    live.sandbox.clearRequests();
    await one.up({ ...DECLARED, name: "cost--one" });
    expect(live.sandbox.requests()).toHaveLength(2);
    live.sandbox.clearRequests();
    await one.refresh();
    expect(live.sandbox.requests()).toHaveLength(1);
  });

  test("of a killed run is adopted", async () => {
    const one = life();
    const { ref } = await one.up({ ...DECLARED, name: "adopted--one" });
    one.forget();
    live.sandbox.clearRequests();
    expect((await one.up({ ...DECLARED, name: "adopted--one" })).ref).toBe(ref);
    expect(writesSince()).toEqual([]);
  });

  test("of the same name in another region isn't adopted", async () => {
    await life().up({ ...DECLARED, name: "region--one" });
    await expect(life().up({ ...DECLARED, name: "region--one", region: "us-east-1" })).rejects.toThrow(
      /is in region eu-central-1, but us-east-1 is declared/,
    );
  });

  test("that was deleted outside tenantry is gone after a refresh, and no update silently creates it again", async () => {
    const one = life();
    await one.up({ ...DECLARED, name: "lost--one" });
    const elsewhere = life();
    await elsewhere.up({ ...DECLARED, name: "lost--one" });
    await elsewhere.remove();
    await expect(one.up({ ...DECLARED, name: "lost--one", compute: "small" })).rejects.toThrow(
      /was deleted outside tenantry/,
    );
    expect(await one.refresh()).toBe("gone");
  });

  test("renamed at the dashboard is drift", async () => {
    const one = life();
    const { ref } = await one.up({ ...DECLARED, name: "renamed--one" });
    const { supabase } = live.context()("write");
    const params = { path: { ref } };
    await dataOf(supabase.api.PATCH("/v1/projects/{ref}", { params, body: { name: "by-hand" } }));
    expect(await one.refresh()).toEqual(["name"]);
    await one.up({ ...DECLARED, name: "renamed--one" });
    expect(await projectsNamed("renamed--one")).toMatchObject([{ ref }]);
  });

  test("gets its size in the next run if a run was killed after the rename", async () => {
    const declared = { ...DECLARED, name: "cut--one" };
    const one = life();
    const { ref } = await one.up(declared);
    const wanted = { ...declared, name: "cut--two", compute: "small" };
    const fault = { kind: "hold-after", match: `^PATCH /v1/projects/${ref}` } as const;
    const recorded = { id: ref, inputs: project.inputs.parse(declared), outputs: one.outputs };
    await live.killed(fault, (context) =>
      project.ensure(context("write"), project.inputs.parse(wanted), recorded),
    );
    await one.up(wanted);
    expect(await projectsNamed("cut--two")).toMatchObject([
      { ref, databases: [{ infra_compute_size: "small" }] },
    ]);
  });

  test("declared deleted, with a consent, is deleted and stays recorded", async () => {
    const one = life();
    const { ref } = await one.up({ ...DECLARED, name: "tomb--one" });
    const deleted = { ...DECLARED, name: "tomb--one", state: "deleted" as const };
    await expect(one.up(deleted)).rejects.toThrow(/was not deleted: there is no consent/);
    const consent = { approvedBy: "ada@acme.example", reason: "trial over", expires: "2020-01-01" };
    await expect(one.up({ ...deleted, consent })).rejects.toThrow(/the consent expired on 2020-01-01/);
    expect(await projectsNamed("tomb--one")).toMatchObject([{ ref }]);

    expect(await one.up({ ...deleted, consent: { ...consent, expires: "2999-01-01" } })).toMatchObject({
      ref,
    });
    expect(await projectsNamed("tomb--one")).toEqual([]);
    expect(await one.refresh()).toEqual([]);
    // A deleted project stays deleted when its consent expires or is removed.
    await one.up(deleted);
    await one.remove();
  });

  test("keeps any size while it isn't active, and gets the declared one when it is active again", async () => {
    const one = life();
    const declared = { ...DECLARED, name: "asleep--one", compute: "small" };
    const { ref } = await one.up(declared);
    await one.up({ ...declared, state: "archived" });
    const body = { addon_type: "compute_instance", addon_variant: "ci_micro" } as const;
    const { api } = live.context()("write").supabase;
    await dataOf(api.PATCH("/v1/projects/{ref}/billing/addons", { params: { path: { ref } }, body }));
    expect(await one.refresh()).toEqual([]);
    await one.up(declared);
    expect(await projectsNamed("asleep--one")).toMatchObject([
      { databases: [{ infra_compute_size: "small" }] },
    ]);
  });
});

describe("a refusal of Supabase", () => {
  const refused = async (match: string, status: number, message: string, run: () => Promise<unknown>) => {
    live.sandbox.setFaults([{ kind: "respond", response: { status, body: { message } }, match }]);
    const error = await run().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    live.sandbox.setFaults([]);
    return error instanceof Error ? error.message : error;
  };
  const DELETE = "^DELETE /v1/projects/[a-z]{20}$";

  test.each([
    [400, "Cannot delete a project with preview branches", "Delete the project's preview branches"],
    [403, "Your role doesn't allow that", "Owner or Administrator role"],
    [400, "Project is locked", "correct what the message names"],
  ])("%i %s on deleting reaches the user at once, with a remedy", async (status, message, remedy) => {
    const one = life();
    await one.up({ ...DECLARED, name: `kept--${status}${message.length}` });
    const told = await refused(DELETE, status, message, () => one.remove());
    expect(told).toContain(message);
    expect(told).toContain(remedy);
    await one.remove();
  });

  test("a project that isn't ready yet is deleted once it is", async () => {
    const one = life();
    await one.up({ ...DECLARED, name: "not--ready" });
    const response = { status: 400, body: { message: "Project not ready for deletion." } };
    live.sandbox.setFaults([{ kind: "respond", response, match: DELETE, nth: 1 }]);
    await one.remove();
    live.sandbox.setFaults([]);
    expect(await projectsNamed("not--ready")).toEqual([]);
  });

  test("402 on creating says that the organization's billing stops it", async () => {
    const told = await refused("^POST /v1/projects$", 402, "Your organization has overdue invoices", () =>
      life().up({ ...DECLARED, name: "over--due" }),
    );
    expect(told).toMatch(/status 402[\s\S]*overdue invoices[\s\S]*pay what is due/);
  });
});

describe("a connection that is cut", () => {
  test.each(["drop-before", "drop-after", "500"] as const)(
    "%s on the POST creates one project",
    async (kind) => {
      const name = `cut--${kind}`;
      live.sandbox.setFaults([{ kind, match: "^POST /v1/projects$", nth: 1 }]);
      const { ref } = await life().up({ ...DECLARED, name });
      live.sandbox.setFaults([]);
      expect(await projectsNamed(name)).toMatchObject([{ ref }]);
    },
  );
});
