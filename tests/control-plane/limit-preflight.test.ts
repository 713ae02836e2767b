import { afterAll, beforeAll, expect, test } from "vitest";
import { organization } from "../../src/provider/resources/control-plane/organization.ts";
import { workspace } from "../../src/provider/resources/control-plane/workspace.ts";
import { stableId } from "../../src/shared/ids.ts";
import { Life } from "../provider/life.ts";
import { type Live, startLive } from "../provider/live.ts";
import {
  organizationOf,
  withCatalogue,
  workspaceOf,
} from "../provider/resources/control-plane/control-plane.ts";

const idOf = (slug: string) => stableId(`shop/acme/${slug}`);
const base = organizationOf("shop");
const allowed = { workspaces: 3, seats: 5, customDomains: 2, perWorkspaceAccess: true };

/** Two workspaces, four seats with an invitation, and one custom domain. */
const declared = {
  ...base,
  planLimits: allowed,
  workspaces: { [idOf("production")]: { domainApps: ["store"] }, [idOf("staging")]: { domainApps: [] } },
};
const bo = { "bo@acme.example": { role: "member" as const } };

let live: Live;
let one: Life<typeof organization.inputs, typeof organization.outputs>;
beforeAll(async () => {
  live = await startLive();
  const project = await withCatalogue(live, "shop");
  one = new Life(organization, live.context());
  await one.up(declared);
  await new Life(workspace, live.context()).up(workspaceOf("shop"));
  // The product holds one of each beside.
  await live.sql(
    project,
    `insert into public.members (organization_id, email, role, managed_by)
       values ('${base.organizationId}', 'guest@acme.example', 'member', 'app');
     insert into public.workspaces (id, organization_id, name, generation, display_name, state, managed_by)
       values ('${idOf("scratch")}', '${base.organizationId}', 'scratch', 1, 'Scratch', 'requested', 'app');
     insert into public.apps (workspace_id, name, domain, managed_by)
       values ('${idOf("production")}', 'shop', 'shop.acme.example', 'app')`,
  );
});
afterAll(() => live.stop());

const SEATS = "the product has let in or invited guest@acme.example";
const WORKSPACES = "people asked in the product for scratch";
const DOMAINS = "the product has added shop.acme.example";

test.each<[string, object, string]>([
  [
    "a smaller plan that what the product holds doesn't fit",
    { plan: "build", planLimits: { workspaces: 1, seats: 4, customDomains: 1, perWorkspaceAccess: false } },
    [
      `The plan build allows 1 workspace, and 3 are needed: ${WORKSPACES}.`,
      `The plan build allows 4 seats, and 5 are needed: ${SEATS}.`,
      `The plan build allows 1 custom domain, and 2 are needed: ${DOMAINS}.`,
    ].join("\n"),
  ],
  [
    "a smaller override",
    { planLimits: { ...allowed, seats: 4 }, overrides: { seats: 4 } },
    `The override allows 4 seats, and 5 are needed: ${SEATS}.`,
  ],
  [
    "one more member",
    { members: { ...base.members, ...bo } },
    `The plan launch allows 5 seats, and 6 are needed: ${SEATS}.`,
  ],
  [
    "one more workspace",
    { workspaces: { ...declared.workspaces, [idOf("spike")]: { domainApps: [] } } },
    `The plan launch allows 3 workspaces, and 4 are needed: ${WORKSPACES}.`,
  ],
  [
    "one more custom domain",
    { workspaces: { ...declared.workspaces, [idOf("staging")]: { domainApps: ["store"] } } },
    `The plan launch allows 2 custom domains, and 3 are needed: ${DOMAINS}.`,
  ],
])("a preview refuses %s", async (_, change, refusal) => {
  await expect(one.preview({ ...declared, ...change })).rejects.toThrow(refusal);
});

const { "alan@acme.example": _, ...fewer } = base.members;

test.each<[string, object]>([
  ["what neither grows nor gets a smaller limit", { displayName: "Acme & Sons" }],
  ["one who comes as another goes", { members: { ...fewer, ...bo } }],
  [
    "whom the product has let in already",
    { members: { ...base.members, "guest@acme.example": { role: "admin" } } },
  ],
  ["a plan without limits", { plan: "scale", planLimits: { perWorkspaceAccess: true } }],
  [
    "one more with a larger plan",
    { planLimits: { ...allowed, seats: 6 }, members: { ...base.members, ...bo } },
  ],
])("a preview lets %s pass", async (_, change) => {
  await one.preview({ ...declared, ...change });
});

test("what is over its limit already stays, and may become less", async () => {
  const over = new Life(organization, live.context());
  const small = { ...declared, planLimits: { ...allowed, seats: 3 } };
  await over.up(small);
  await over.preview({ ...small, displayName: "Acme & Sons" });
  await over.preview({ ...small, members: fewer });
  await expect(over.preview({ ...small, members: { ...base.members, ...bo } })).rejects.toThrow("3 seats");
});

test("an override that expires refuses nothing, and then nothing can be added", async () => {
  const lapsing = new Life(organization, live.context());
  const raised = { ...declared, planLimits: { ...allowed, seats: 9 }, overrides: { seats: 9 } };
  await lapsing.up(raised);
  const lapsed = { ...declared, planLimits: { ...allowed, seats: 3 }, lapsedLimits: ["seats"] };
  await lapsing.preview(lapsed);
  await expect(lapsing.preview({ ...lapsed, members: { ...base.members, ...bo } })).rejects.toThrow(
    `The plan launch allows 3 seats, and 6 are needed: ${SEATS}.`,
  );
  await expect(lapsing.preview({ ...lapsed, plan: "build" })).rejects.toThrow(
    "The plan build allows 3 seats",
  );
  await lapsing.up(lapsed);
  await expect(lapsing.up({ ...lapsed, members: { ...base.members, ...bo } })).rejects.toThrow(
    "The plan launch allows 5 seats, and 6 are needed",
  );
  await lapsing.up({ ...lapsed, displayName: "Acme & Sons" });
  await lapsing.refresh();
});
