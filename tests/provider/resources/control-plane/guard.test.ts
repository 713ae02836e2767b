import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { apiKeys } from "../../../../src/provider/resources/control-plane/api-keys.ts";
import { claimTokens } from "../../../../src/provider/resources/control-plane/claim-tokens.ts";
import { guard } from "../../../../src/provider/resources/control-plane/guard.ts";
import { organization } from "../../../../src/provider/resources/control-plane/organization.ts";
import { workspace } from "../../../../src/provider/resources/control-plane/workspace.ts";
import { stableId } from "../../../../src/shared/ids.ts";
import { Life } from "../../life.ts";
import { type Live, startLive } from "../../live.ts";
import { controlPlaneOf, organizationOf, withCatalogue, workspaceOf } from "./control-plane.ts";

const ACME = stableId("shop/acme");
const PRODUCTION = stableId("shop/acme/production");

let live: Live;
let project: string;
let life: Life<typeof guard.inputs, typeof guard.outputs>;

beforeAll(async () => {
  live = await startLive();
  project = await withCatalogue(live, "shop");
  const controlPlane = controlPlaneOf("shop");
  await new Life(organization, live.context()).up(organizationOf("shop"));
  await new Life(workspace, live.context()).up(workspaceOf("shop"));
  await new Life(apiKeys, live.context()).up({
    controlPlane,
    workspace: PRODUCTION,
    keys: { ci: {}, backend: {} },
  });
  await new Life(claimTokens, live.context()).up({
    controlPlane,
    organization: ACME,
    tokens: {
      door: { role: "member", expires: "2099-12-31" },
      gate: { role: "member", expires: "2099-12-31" },
    },
  });
  await live.sql(
    project,
    `insert into public.members (organization_id, email, role, managed_by) values ('${ACME}', 'guest@acme.example', 'member', 'app')`,
  );
  life = new Life(guard, live.context());
  await life.up(declared());
});
afterAll(() => live.stop());

type Inputs = Parameters<typeof life.up>[0];

function declared(
  change: Partial<Inputs> = {},
  ofWorkspace: Partial<Inputs["workspaces"][string]> = {},
): Inputs {
  return {
    controlPlane: controlPlaneOf("shop"),
    organization: ACME,
    members: { "ada@acme.example": "owner", "grace@acme.example": "admin", "alan@acme.example": "member" },
    invitations: ["new@acme.example"],
    claimTokens: ["door", "gate"],
    workspaces: {
      [PRODUCTION]: {
        state: "active",
        access: ["ada@acme.example", "alan@acme.example"],
        keys: ["ci", "backend"],
        ...ofWorkspace,
      },
    },
    ...change,
  };
}

const one = async (sql: string) => Object.values((await live.sql(project, sql))[0] ?? {})[0];

describe("control-plane:Guard", () => {
  test("finds nothing and takes nothing away where all is declared", async () => {
    expect(await life.refresh()).toEqual([]);
    expect(await one("select count(*)::int from public.members")).toBe(4);
    expect(await one("select count(*)::int from public.api_keys where revoked_at is null")).toBe(2);
  });

  test.each<[string, () => Inputs, string, unknown]>([
    [
      "a key",
      () => declared({}, { keys: ["backend"] }),
      "select string_agg(name, ' ') from public.api_keys where revoked_at is null",
      "backend",
    ],
    [
      "a claim token",
      () => declared({ claimTokens: ["gate"] }),
      "select string_agg(name, ' ') from public.claim_tokens",
      "gate",
    ],
    ["an invitation", () => declared({ invitations: [] }), "select count(*)::int from public.invitations", 0],
    [
      "a role",
      () =>
        declared({
          members: {
            "ada@acme.example": "owner",
            "grace@acme.example": "member",
            "alan@acme.example": "member",
          },
        }),
      "select role from public.members where email = 'grace@acme.example'",
      "member",
    ],
    [
      "an entry",
      () => declared({}, { access: ["ada@acme.example"] }),
      "select count(*)::int from public.workspace_members where email = 'alan@acme.example'",
      0,
    ],
    [
      "a member, and nobody of the app",
      () => declared({ members: { "ada@acme.example": "owner", "grace@acme.example": "member" } }),
      "select string_agg(email, ' ' order by email) from public.members",
      "ada@acme.example grace@acme.example guest@acme.example",
    ],
    [
      "a workspace",
      () => declared({}, { state: "suspended" }),
      "select state from public.workspaces",
      "suspended",
    ],
    [
      "an organization",
      () => declared({ state: "archived" }),
      "select state from public.organizations",
      "archived",
    ],
  ])("takes away %s", async (_, wanted, sql, left) => {
    await life.up(wanted());
    expect(await one(sql)).toEqual(left);
  });

  test("closes an organization that somebody opened by hand, and leaves its deletion to the organization's row", async () => {
    await life.up(declared({ state: "deleted" }));
    await live.sql(project, "update public.organizations set state = 'active'");
    expect(await life.refresh()).toEqual(["open"]);
    await life.up(declared({ state: "deleted" }));
    expect(await one("select state from public.organizations")).toBe("suspended");
    expect(await life.refresh()).toEqual([]);
  });

  test("finds whom somebody let in as the manifest's, and closes the rest beside a door that stays", async () => {
    await live.sql(
      project,
      `insert into public.members (organization_id, email, role, managed_by) values
         ('${ACME}', 'eve@evil.example', 'admin', 'manifest'), ('${ACME}', 'kept@evil.example', 'admin', 'manifest');
       create function public.keep() returns trigger language plpgsql as $$ begin raise 'kept by hand'; end $$;
       create trigger keep before delete on public.members for each row when (old.email = 'kept@evil.example')
         execute function public.keep();
       insert into public.invitations (organization_id, email, role, workspaces, expires_on, managed_by)
         values ('${ACME}', 'mallory@evil.example', 'member', '{}', '2099-12-31', 'manifest')`,
    );
    await life.up(declared({ members: { "ada@acme.example": "owner" }, invitations: [] })).then(
      () => expect.unreachable(),
      (error: Error) => expect(error.message).toMatch(/member kept@evil\.example[\s\S]*kept by hand/),
    );
    expect(await one("select count(*)::int from public.invitations where email like '%evil%'")).toBe(0);
    expect(await one("select string_agg(email, ' ') from public.members where email like '%evil%'")).toBe(
      "kept@evil.example",
    );
    expect(await life.refresh()).toEqual(["open"]);
    await live.sql(project, "drop function public.keep() cascade");
    await life.up(declared({ members: { "ada@acme.example": "owner" }, invitations: [] }));
    expect(await one("select count(*)::int from public.members where email like '%evil%'")).toBe(0);
  });

  test("leaves whom the manifest leaves out, in the role that the product gave, and revokes the former owner", async () => {
    await live.sql(
      project,
      `insert into public.members (organization_id, email, role, managed_by)
         values ('${ACME}', 'max@acme.example', 'admin', 'manifest');
       insert into public.workspace_members (workspace_id, organization_id, email, managed_by)
         values ('${PRODUCTION}', '${ACME}', 'max@acme.example', 'manifest')`,
    );
    const people = "select string_agg(email || ' ' || role, ', ' order by email) from public.members";
    const entered = "select count(*)::int from public.workspace_members where email = 'max@acme.example'";
    const before = String(await one(people));
    expect(before).toContain("ada@acme.example owner");
    await life.up(
      declared({
        members: { "new@acme.example": "owner", "max@acme.example": "member" },
        unmanaged: { members: 1 },
      }),
    );
    expect(await one(people)).toBe(before.replace("ada@acme.example owner, ", ""));
    expect(await one(entered)).toBe(1);

    const listed = { members: { "max@acme.example": "admin" as const } };
    await life.up(declared({ ...listed, unmanagedGrants: { "max@acme.example": true } }));
    expect(await one(entered)).toBe(1);
    await life.up(declared(listed));
    expect(await one(entered)).toBe(0);
  });

  test("revokes the rest in a control plane of an earlier version, whose organizations have no state", async () => {
    await live.sql(
      project,
      `begin; drop trigger note_organization_update on public.organizations;
       drop view private.workspace_access, private.intake_requests;
       alter table public.organizations rename state to later; commit`,
    );
    await life.up(declared({ state: "suspended", claimTokens: [] }));
    expect(await one("select count(*)::int from public.claim_tokens")).toBe(0);
    expect(await life.refresh()).toEqual([]);
    await live.sql(project, "alter table public.organizations rename later to state");
  });

  test("has nothing to do where there is no control plane, or none with tables", async () => {
    const other = { ...declared(), controlPlane: controlPlaneOf("nowhere") };
    await new Life(guard, live.context()).up(other);
    await live.project("empty");
    const empty = new Life(guard, live.context());
    await empty.up({ ...declared(), controlPlane: controlPlaneOf("empty") });
    expect(await empty.refresh()).toEqual([]);
  });
});
