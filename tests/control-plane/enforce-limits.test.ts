import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { organization } from "../../src/provider/resources/control-plane/organization.ts";
import { workspace } from "../../src/provider/resources/control-plane/workspace.ts";
import { stableId } from "../../src/shared/ids.ts";
import { Life } from "../provider/life.ts";
import { type Live, startLive } from "../provider/live.ts";
import {
  organizationOf,
  whileTheProduct,
  withCatalogue,
  workspaceOf,
} from "../provider/resources/control-plane/control-plane.ts";

const idOf = (slug: string) => stableId(`shop/acme/${slug}`);
const holding = (...domainApps: string[]) => ({ domainApps });
const base = organizationOf("shop");

/** Two of three workspaces, four of five seats with an invitation, and one of two custom domains. */
const declared = {
  ...base,
  workspaces: { [idOf("production")]: holding("store"), [idOf("staging")]: holding() },
};

interface Case {
  readonly limit: string;
  /** What the product does: it takes the last one. */
  readonly taken: string;
  /** The manifest that declares the last one as well. */
  readonly more: typeof declared & { readonly overrides?: object };
  readonly refusal: string;
  readonly remedy: string;
  readonly lifted: object;
}

const CASES: readonly Case[] = [
  {
    limit: "seats",
    taken: `insert into public.members (organization_id, email, role, managed_by)
      values ('${base.organizationId}', 'guest@acme.example', 'member', 'app')`,
    more: { ...declared, members: { ...base.members, "bo@acme.example": { role: "member" } } },
    refusal:
      "The plan launch allows 5 seats, and 6 are needed: the product has let in or invited guest@acme.example.",
    remedy:
      "Remove somebody in the product or from the manifest, choose a plan with more seats, or ask for an override of `limits.seats`.",
    lifted: { seats: 6 },
  },
  {
    limit: "workspaces",
    taken: `insert into public.workspaces (id, organization_id, name, generation, display_name, state, managed_by)
      values ('${idOf("scratch")}', '${base.organizationId}', 'scratch', 1, 'Scratch', 'requested', 'app')`,
    more: { ...declared, workspaces: { ...declared.workspaces, [idOf("spike")]: holding() } },
    refusal:
      "The plan launch allows 3 workspaces, and 4 are needed: people asked in the product for scratch.",
    remedy:
      "Withdraw a request in the product, leave the new one out of the manifest, choose a plan with more workspaces, or ask for an override of `limits.workspaces`.",
    lifted: { workspaces: "unlimited" },
  },
  {
    limit: "custom domains",
    taken: `insert into public.apps (workspace_id, name, domain, managed_by)
      values ('${idOf("production")}', 'shop', 'shop.acme.example', 'app')`,
    more: {
      ...declared,
      workspaces: { ...declared.workspaces, [idOf("staging")]: holding("store") },
    },
    refusal:
      "The plan launch allows 2 custom domains, and 3 are needed: the product has added shop.acme.example.",
    remedy:
      "Take a domain off an app in the product or in the manifest, choose a plan with more custom domains, or ask for an override of `limits.customDomains`.",
    lifted: { customDomains: 3 },
  },
];

let live: Live;
let project: string;
beforeAll(async () => {
  live = await startLive();
  project = await withCatalogue(live, "shop");
  await life().up(declared);
  await live.sql(
    project,
    `insert into auth.users (id, email, email_confirmed_at) values (gen_random_uuid(), 'ada@acme.example', now())`,
  );
});
afterAll(() => live.stop());

beforeEach(async () => {
  await live.sql(project, "delete from public.members where managed_by = 'app'");
  await live.sql(project, "delete from public.workspaces");
  await life().up(declared);
  await new Life(workspace, live.context()).up(workspaceOf("shop"));
});

const life = () => new Life(organization, live.context());

/** As the owner, through the functions that the product calls. */
const act = (call: string) =>
  live.sql(
    project,
    `select set_config('request.jwt.claims', json_build_object('sub', id, 'iss', (select issuer from public.platforms))::text, false)
       from auth.users where email = 'ada@acme.example';
     select private.${call}`,
  );

describe.each(CASES)("the last of the $limit", ({ taken, more, refusal, remedy, lifted }) => {
  test("that the product has taken isn't given again; what is there already stays", async () => {
    await live.sql(project, taken);
    const one = life();
    await one.up(declared);
    await expect(one.up(more)).rejects.toMatchObject({ message: refusal, remedy });
    await one.up({ ...more, overrides: lifted });
    await one.up(more);
    expect(await one.refresh()).toEqual([]);
  });

  test("is waited for while the product is about to take it, and found taken", async () => {
    await whileTheProduct(live.sandbox.databaseUrl(project), taken, () =>
      expect(life().up(more)).rejects.toThrow(refusal),
    );
  });
});

describe("what is declared", () => {
  test("isn't given away by the product before it is made", async () => {
    await life().up({
      ...declared,
      limits: { ...declared.limits, customDomains: 2 },
      workspaces: { ...declared.workspaces, [idOf("spike")]: holding("store") },
    });
    const create = `create_workspace('${declared.organizationId}', 'scratch', null, null)`;
    await expect(act(create)).rejects.toThrow("the plan allows no more workspaces than there are: 3");
    await act(`add_app('${idOf("production")}', 'shop')`);
    const setDomain = `set_app_domain('${idOf("production")}', 'shop', 'shop.acme.example')`;
    await expect(act(setDomain)).rejects.toThrow("so many apps have a domain as the plan allows: 2");
    await life().up(declared);
    await act(create);
    await act(setDomain);
  });

  test("may change places at the limit: what goes makes room in the same run", async () => {
    const full = { ...declared.workspaces, [idOf("spike")]: holding("blog") };
    const one = life();
    await one.up({ ...declared, workspaces: full });
    const { [idOf("production")]: _, ...rest } = full;
    await one.up({ ...declared, workspaces: { ...rest, [idOf("extra")]: holding("store") } });
  });

  test("counts once when it was asked for in the product", async () => {
    await act(`create_workspace('${declared.organizationId}', 'scratch', null, null)`);
    const one = life();
    await one.up({ ...declared, workspaces: { ...declared.workspaces, [idOf("scratch")]: holding() } });
    expect(await one.refresh()).toEqual([]);
  });

  test("is refused with all that has no room, at once", async () => {
    for (const { taken } of CASES) await live.sql(project, taken);
    const run = life().up({
      ...declared,
      members: { ...base.members, "bo@acme.example": { role: "member" } },
      workspaces: { ...declared.workspaces, [idOf("spike")]: holding("blog") },
    });
    for (const { refusal } of CASES) await expect(run).rejects.toThrow(refusal);
  });

  test("is held against the override, which may allow less than the plan", async () => {
    const overrides = { seats: 1, workspaces: 2 };
    const one = life();
    await one.up({ ...declared, overrides });
    await expect(
      one.up({ ...declared, overrides, members: {}, invitations: {}, workspaces: {} }),
    ).resolves.toBeDefined();
    await expect(one.up({ ...declared, overrides })).rejects.toThrow(
      "The override allows 1 seat, and 4 are needed.",
    );
  });
});
