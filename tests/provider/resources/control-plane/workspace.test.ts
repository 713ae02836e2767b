import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { organization } from "../../../../src/provider/resources/control-plane/organization.ts";
import { workspace } from "../../../../src/provider/resources/control-plane/workspace.ts";
import { Life } from "../../life.ts";
import { type Live, startLive } from "../../live.ts";
import { organizationOf, whileTheProduct, withCatalogue, workspaceOf } from "./control-plane.ts";

let live: Live;
let project: string;
let life: Life<typeof workspace.inputs, typeof workspace.outputs>;

beforeAll(async () => {
  live = await startLive();
  project = await withCatalogue(live, "shop");
  await new Life(organization, live.context()).up(organizationOf("shop"));
  life = new Life(workspace, live.context());
  await life.up(workspaceOf("shop"));
});
afterAll(() => live.stop());

describe("control-plane:Workspace", () => {
  test("finds what it declared, and a second run touches no row", async () => {
    expect(await life.refresh()).toEqual([]);
    const versions = () =>
      live.sql(project, "select email, xmin::text from public.workspace_members order by 1");
    const before = await versions();
    await life.up(workspaceOf("shop"));
    expect(await versions()).toEqual(before);
  });

  test("changes and clears", async () => {
    const { email: _, slack: __, ...wanted } = workspaceOf("shop");
    await life.up({
      ...wanted,
      state: "suspended",
      access: { "ada@acme.example": { role: "owner" } },
      apps: { store: {}, blog: { url: "https://blog.apps.example" } },
      connections: {},
      cron: {},
    });
    expect(await life.refresh()).toEqual([]);
    await life.up(workspaceOf("shop"));
    expect(await life.refresh()).toEqual([]);
  });

  test.each([
    ["email", { email: "taken@in.example" }, "In its `email`: the address taken@in.example is used"],
    [
      "slack",
      { slack: { team: "T0TAKEN", channel: "C0TAKEN" } },
      "In its `slack`: the channel T0TAKEN/C0TAKEN is used",
    ],
  ])("refuses the %s of another workspace, and doesn't say whose it is", async (_, taken, message) => {
    const holder = "6b1b36cb-0000-4000-8000-00000000abcd";
    await live.sql(
      project,
      `insert into public.workspaces
         (id, organization_id, name, generation, display_name, state, email, slack_team, slack_channel, managed_by)
       select '${holder}', id, 'holder', 1, 'Holder', 'active', 'taken@in.example', 't0taken', 'C0TAKEN', 'app'
       from public.organizations limit 1`,
    );
    const refused = life.up({ ...workspaceOf("shop"), ...taken });
    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.not.toThrow(/holder/i);
    await live.sql(project, `delete from public.workspaces where id = '${holder}'`);
    await life.up(workspaceOf("shop"));
  });

  test("leaves the app's own rows alone", async () => {
    await live.sql(
      project,
      `insert into public.cron_jobs (workspace_id, name, schedule, task, managed_by)
       select id, 'hourly', '0 * * * *', 'count', 'app' from public.workspaces`,
    );
    expect(await life.refresh()).toEqual([]);
    await life.up(workspaceOf("shop"));
    expect(await live.sql(project, "select name from public.cron_jobs order by name")).toEqual([
      { name: "hourly" },
      { name: "nightly" },
    ]);
  });

  test("is open to whom the product lets in meanwhile, where the plan has no per-workspace access", async () => {
    const plans = (has: boolean) =>
      live.sql(
        project,
        ["plans", "quotas"].map((it) => `update public.${it} set per_workspace_access = ${has};`).join(""),
      );
    await plans(false);
    await whileTheProduct(
      live.sandbox.databaseUrl(project),
      `insert into public.members (organization_id, email, role, managed_by)
       select id, 'guest@acme.example', 'member', 'app' from public.organizations`,
      () => life.up({ ...workspaceOf("shop"), displayName: "Opened" }),
    );
    const entered = "select managed_by from public.workspace_members where email = 'guest@acme.example'";
    expect(await live.sql(project, entered)).toEqual([{ managed_by: "app" }]);
    expect(await life.refresh()).toEqual([]);
    await live.sql(project, "delete from public.members where email = 'guest@acme.example'");
    await plans(true);
  });

  test.each([
    ["the state", "update public.workspaces set state = 'archived'", "state"],
    [
      "someone let in",
      `insert into public.workspace_members select w.id, w.organization_id, 'grace@acme.example', 'manifest' from public.workspaces w`,
      "access/grace@acme.example",
    ],
    [
      "someone shut out",
      "delete from public.workspace_members where email = 'alan@acme.example'",
      "access/alan@acme.example",
    ],
    ["a domain", "update public.apps set domain = 'evil.example'", "apps/store/domain"],
    ["a connection", "delete from public.connections", "connections/warehouse"],
    ["a cron job", "update public.cron_jobs set task = 'mine' where name = 'nightly'", "cron/nightly/task"],
  ])("sees %s as drift, and mends it", async (_, change, path) => {
    await live.sql(project, change);
    expect(await life.refresh()).toEqual([path]);
    await life.up(workspaceOf("shop"));
    expect(await life.refresh()).toEqual([]);
  });

  test("tells nobody that a domain is another's: only one of the two can prove it", async () => {
    const other = new Life(workspace, live.context());
    await other.up({ ...workspaceOf("shop", "staging"), apps: { store: { domain: "store.acme.example" } } });
    await live.sql(
      project,
      `select private.verify_domain(workspace_id, name, domain) from public.apps
       where domain = 'store.acme.example' order by workspace_id`,
    );
    const verified = "select count(*)::int as apps from public.apps where domain_verified_at is not null";
    expect(await live.sql(project, verified)).toEqual([{ apps: 1 }]);
    await live.sql(project, `delete from public.workspaces where name = 'staging'`);
  });

  test.each(["hold-before", "hold-after"] as const)(
    "goes on after a kill at the commit, %s",
    async (kind) => {
      const { slack: _, ...fields } = workspaceOf("shop", kind);
      const inputs = { ...fields, apps: { store: { domain: `${kind}.acme.example` } } };
      const fault = { kind, service: "postgres", match: "commit" } as const;
      await live.killed(fault, (context) => new Life(workspace, context).up(inputs));
      const next = new Life(workspace, live.context());
      await next.up(inputs);
      expect(await next.refresh()).toEqual([]);
      await live.sql(project, `delete from public.workspaces where id = '${inputs.workspaceId}'`);
    },
  );

  test("is closed when it is removed: nobody enters and its names are free", async () => {
    await life.remove();
    await life.remove();
    expect(await live.sql(project, "select state, project_ref, email from public.workspaces")).toEqual([
      { state: "deleted", project_ref: null, email: null },
    ]);
    expect(await live.sql(project, "select email from public.workspace_members")).toEqual([]);
    await new Life(workspace, live.context()).up({
      ...workspaceOf("shop", "staging"),
      apps: { store: { domain: "store.acme.example" } },
    });
    life.forget();
  });
});
