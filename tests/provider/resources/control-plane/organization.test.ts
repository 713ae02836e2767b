import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { organization } from "../../../../src/provider/resources/control-plane/organization.ts";
import { Life } from "../../life.ts";
import { type Live, startLive } from "../../live.ts";
import { organizationOf, withCatalogue } from "./control-plane.ts";

let live: Live;
let project: string;
let life: Life<typeof organization.inputs, typeof organization.outputs>;

beforeAll(async () => {
  live = await startLive();
  project = await withCatalogue(live, "shop");
  life = new Life(organization, live.context());
  await life.up(organizationOf("shop"));
});
afterAll(() => live.stop());

const emails = () => live.sql(project, "select email, role, managed_by from public.members order by email");

describe("control-plane:Organization", () => {
  test("finds what it declared, and tells the issuer and the trial's start", async () => {
    expect(await life.refresh()).toEqual([]);
    expect(life.outputs).toEqual({
      issuer: `https://${project}.supabase.co/auth/v1`,
      trialStarted: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    });
  });

  test("a second run touches no row", async () => {
    const versions = () => live.sql(project, "select email, xmin::text from public.members order by email");
    const before = await versions();
    await life.up(organizationOf("shop"));
    expect(await versions()).toEqual(before);
  });

  test("changes and clears fields, members, invitations and wallets", async () => {
    const { stripeCustomer: _, ...wanted } = organizationOf("shop");
    await life.up({
      ...wanted,
      displayName: "Acme",
      limits: { perWorkspaceAccess: false },
      members: { "ada@acme.example": { role: "owner" }, "grace@acme.example": { role: "member" } },
      invitations: {},
      wallets: { data: {}, ai: { autoReload: { below: 1, upTo: 10 } } },
    });
    expect(await life.refresh()).toEqual([]);
    expect(await emails()).toEqual([
      { email: "ada@acme.example", role: "owner", managed_by: "manifest" },
      { email: "grace@acme.example", role: "member", managed_by: "manifest" },
    ]);
    expect(await live.sql(project, "select stripe_customer from public.organizations")).toEqual([
      { stripe_customer: null },
    ]);
    await life.up(organizationOf("shop"));
    expect(await life.refresh()).toEqual([]);
  });

  test("hands ownership over", async () => {
    const wanted = organizationOf("shop");
    const members = {
      ...wanted.members,
      "ada@acme.example": { role: "member" as const },
      "alan@acme.example": { role: "owner" as const },
    };
    await life.up({ ...wanted, members });
    expect(await life.refresh()).toEqual([]);
    await life.up(wanted);
  });

  test("leaves whom the app invited alone, until the manifest declares them", async () => {
    await live.sql(
      project,
      `insert into public.members (organization_id, email, role, managed_by)
       select id, 'guest@acme.example', 'member', 'app' from public.organizations`,
    );
    expect(await life.refresh()).toEqual([]);
    const wanted = organizationOf("shop");
    await life.up(wanted);
    expect((await emails()).map(({ email }) => email)).toContain("guest@acme.example");
    await life.up({ ...wanted, members: { ...wanted.members, "guest@acme.example": { role: "admin" } } });
    await life.up(wanted);
    expect((await emails()).map(({ email }) => email)).not.toContain("guest@acme.example");
  });

  test.each([
    [
      "a member more",
      "insert into public.members select id, 'eve@evil.example', 'admin', null, null, 'manifest' from public.organizations",
      "members/eve@evil.example",
    ],
    [
      "a member gone",
      "delete from public.members where email = 'alan@acme.example'",
      "members/alan@acme.example",
    ],
    [
      "a role raised",
      "update public.members set role = 'admin' where email = 'alan@acme.example'",
      "members/alan@acme.example/role",
    ],
    [
      "an invitation's date",
      "update public.invitations set expires_on = '2030-01-01'",
      "invitations/new@acme.example/expires",
    ],
    ["a quota lifted", "update public.quotas set rpm = null", "limits/rpm"],
    [
      "a reload's cap",
      "update public.wallets set reload_monthly_cap = null where name = 'data'",
      "wallets/data/autoReload/monthlyCap",
    ],
    ["the state", "update public.organizations set state = 'suspended'", "state"],
    ["a deletion that no run made", "update public.organizations set state = 'deleted'", "state"],
    ["the plan in force", "update public.organizations set plan_in_force = 'launch'", "planInForce"],
  ])("sees %s as drift, and mends it", async (_, change, path) => {
    await live.sql(project, change);
    expect(await life.refresh()).toEqual([path]);
    await life.up(organizationOf("shop"));
    expect(await life.refresh()).toEqual([]);
  });

  test("a wallet that is no longer declared keeps its credits and stops reloading", async () => {
    const { data: _, ...wallets } = organizationOf("shop").wallets;
    await life.up({ ...organizationOf("shop"), wallets });
    expect(await live.sql(project, "select reload_enabled from public.wallets where name = 'data'")).toEqual([
      { reload_enabled: false },
    ]);
    expect(await life.refresh()).toEqual([]);
    await life.up(organizationOf("shop"));
  });

  test("records the trial that Stripe began, with its dates, and none that is only declared", async () => {
    const rows = () =>
      live.sql(project, "select plan, started_at::text, ends_at - started_at as lasts from public.trials");
    const recorded = await rows();
    expect(recorded).toEqual([
      { plan: "launch", started_at: expect.stringMatching(/^2026-11-22 09:00:00/), lasts: { days: 14 } },
    ]);
    const { trial: _, ...untried } = organizationOf("shop", "untried");
    const other = new Life(organization, live.context());
    await other.up(untried);
    expect(other.outputs.trialStarted).toBeUndefined();
    // A trial that ended in the second in which it began.
    const short = { plan: "launch", started: "2026-11-22T09:00:00Z", ends: "2026-11-22T09:00:00Z" };
    await other.up({ ...untried, trial: short });
    expect(other.outputs.trialStarted).toMatch(/^2026-11-22T09:00:00/);
    await live.sql(project, "alter table public.trials disable trigger user");
    await live.sql(project, "delete from public.trials where organization_name = 'untried'");
    await live.sql(project, "alter table public.trials enable trigger user");
  });

  test("has one trial, in every generation", async () => {
    const before = new Life(organization, live.context());
    await before.up(organizationOf("shop", "twice"));
    await before.up({ ...organizationOf("shop", "twice"), state: "deleted" });
    const again = new Life(organization, live.context());
    await again.up(organizationOf("shop", "twice", 2));
    expect(again.outputs.trialStarted).toBe(before.outputs.trialStarted);
    const trials = "select count(*)::int as trials from public.trials where organization_name = 'twice'";
    expect(await live.sql(project, trials)).toEqual([{ trials: 1 }]);
  });

  test("starts no generation that doesn't follow a deleted one, and never becomes active again", async () => {
    const first = new Life(organization, live.context());
    await first.up(organizationOf("shop", "ended"));
    const next = new Life(organization, live.context());
    await expect(next.up(organizationOf("shop", "ended", 2))).rejects.toThrow(
      /^The organization ended can't start generation 2, because its generation 1 isn't deleted\.$/,
    );
    await first.up({ ...organizationOf("shop", "ended"), state: "deleted" });
    await expect(next.up(organizationOf("shop", "ended", 3))).rejects.toThrow(/doesn't follow generation 1/);
    // Changed by hand, it is still deleted.
    await live.sql(project, "update public.organizations set state = 'active' where name = 'ended'");
    expect(await first.refresh()).toEqual(["state"]);
    await expect(first.up(organizationOf("shop", "ended"))).rejects.toThrow(/doesn't become active again/);
    await first.up({ ...organizationOf("shop", "ended"), state: "deleted" });
    await next.up(organizationOf("shop", "ended", 2));
    expect(await next.refresh()).toEqual([]);
    first.forget();
    await expect(first.up(organizationOf("shop", "ended"))).rejects.toThrow(
      /^Generation 1 of the organization ended is over: generation 2 followed it\.$/,
    );
  });

  test("a look can't write", async () => {
    const context = live.context()("look");
    await expect(
      organization.ensure(context, organization.inputs.parse(organizationOf("shop", "other")), undefined),
    ).rejects.toThrow(/read-only transaction/);
  });

  test("gets through dropped connections", async () => {
    live.sandbox.setFaults(
      (["drop-before", "drop-after"] as const).map((kind) => ({ kind, service: "postgres", share: 0.03 })),
      11,
    );
    const other = new Life(organization, live.context());
    try {
      await other.up(organizationOf("shop", "globex"));
    } finally {
      live.sandbox.setFaults([]);
    }
    expect(await other.refresh()).toEqual([]);
    await other.remove();
  });

  test.each(["hold-before", "hold-after"] as const)(
    "goes on after a kill at the commit, %s",
    async (kind) => {
      const wanted = organizationOf("shop", `initech-${kind}`);
      const fault = { kind, service: "postgres", match: "commit" } as const;
      await live.killed(fault, (context) => new Life(organization, context).up(wanted));
      const next = new Life(organization, live.context());
      await next.up(wanted);
      expect(await next.refresh()).toEqual([]);
    },
  );

  test("shuts its people out when it is removed, and keeps the organization, its ledger and its trial", async () => {
    await live.sql(
      project,
      `insert into public.members (organization_id, email, role, managed_by)
       select id, 'guest@acme.example', 'admin', 'app' from public.organizations where name = 'acme' and generation = 1`,
    );
    await life.remove();
    await life.remove();
    const members = await live.sql(
      project,
      "select email from public.members join public.organizations on id = organization_id where name = 'acme' and generation = 1",
    );
    expect(members).toEqual([]);
    expect(
      await live.sql(project, "select count(*)::int as n from public.organizations where name = 'acme'"),
    ).toEqual([{ n: 1 }]);
    life.forget();
    await life.up(organizationOf("shop"));
    expect(await life.refresh()).toEqual([]);
  });

  test("shuts its people out of a control plane of an earlier version, whose organizations have no state", async () => {
    const { organizationId } = organizationOf("shop");
    const open = () =>
      live.sql(
        project,
        `select email from public.members where organization_id = '${organizationId}'
         union all select email from public.invitations where organization_id = '${organizationId}'
         union all select name from public.wallets where organization_id = '${organizationId}' and reload_enabled`,
      );
    expect(await open()).not.toEqual([]);
    await live.sql(
      project,
      `begin; drop trigger note_organization_update on public.organizations;
       drop view private.workspace_access, private.intake_requests;
       alter table public.organizations rename state to later; commit`,
    );
    await life.remove();
    expect(await open()).toEqual([]);
  });

  test("is removed already where the control plane's project is", async () => {
    await live.deleteProject(project);
    const after = new Life(organization, live.context());
    await expect(after.up(organizationOf("shop"))).rejects.toThrow(/There is no project/);
    const inputs = organization.inputs.parse(organizationOf("shop"));
    const outputs = { issuer: "" };
    await organization.remove(live.context()("write"), { id: inputs.organizationId, inputs, outputs });
  });
});
