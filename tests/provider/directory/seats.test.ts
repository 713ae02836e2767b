import pg from "pg";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { organization } from "../../../src/provider/directory/organization.ts";
import { Life } from "../life.ts";
import { type Live, startLive } from "../live.ts";
import { organizationOf, withCatalogue } from "./directory.ts";

/** Three members and an invitation, on a plan with five seats. */
const declared = organizationOf("shop");
const more = { ...declared.members, "bo@acme.example": { role: "member" as const } };
const LET_IN = `insert into public.members (organization_id, email, role, managed_by)
  values ('${declared.organizationId}', 'guest@acme.example', 'member', 'app')`;

let live: Live;
let project: string;
beforeAll(async () => {
  live = await startLive();
  project = await withCatalogue(live, "shop");
  await live.sql(project, "update public.plans set seats = 5");
});
afterAll(() => live.stop());

beforeEach(async () => {
  await live.sql(project, "truncate public.members, public.invitations, public.workspace_members");
  await life().up(declared);
});

const life = () => new Life(organization, live.context());

test("the last seat, taken by the product, isn't given again; who is there already stays", async () => {
  await live.sql(project, LET_IN);
  const one = life();
  await one.up(declared);
  await expect(one.up({ ...declared, members: more })).rejects.toThrow(
    "The plan launch has 5 seats, and 6 are needed: the product has let in or invited guest@acme.example.",
  );
  await one.up({ ...declared, members: more, overrides: { seats: 6 } });
  await one.up({ ...declared, members: more });
  expect(await one.refresh()).toEqual([]);
});

test("a run waits for the product that is about to take the last seat, and finds it taken", async () => {
  const product = new pg.Client(live.sandbox.databaseUrl(project));
  await product.connect();
  try {
    await product.query("begin");
    await product.query("select from public.organizations for no key update");
    await product.query(LET_IN);
    const run = expect(life().up({ ...declared, members: more })).rejects.toThrow("6 are needed");
    const waiting = "select 1 from pg_stat_activity where wait_event_type = 'Lock'";
    while ((await live.sql(project, waiting)).length === 0);
    await product.query("commit");
    await run;
  } finally {
    await product.end();
  }
});
