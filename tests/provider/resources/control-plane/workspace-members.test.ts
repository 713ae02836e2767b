import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { organization } from "../../../../src/provider/resources/control-plane/organization.ts";
import { workspace } from "../../../../src/provider/resources/control-plane/workspace.ts";
import { workspaceMembers } from "../../../../src/provider/resources/control-plane/workspace-members.ts";
import { stableId } from "../../../../src/shared/ids.ts";
import { Life } from "../../life.ts";
import { type Live, startLive } from "../../live.ts";
import { controlPlaneOf, organizationOf, withCatalogue, withTables, workspaceOf } from "./control-plane.ts";

let live: Live;
let center: string;
let project: string;
let life: Life<typeof workspaceMembers.inputs, typeof workspaceMembers.outputs>;

beforeAll(async () => {
  live = await startLive();
  center = await withCatalogue(live, "shop");
  project = await withTables(live, "production", "workspace");
  await new Life(organization, live.context()).up(organizationOf("shop"));
  life = new Life(workspaceMembers, live.context());
  await up();
});
afterAll(() => live.stop());

type Members = Record<string, { role: "owner" | "admin" | "member" }>;

const PEOPLE: Members = {
  "ada@acme.example": { role: "owner" },
  "grace@acme.example": { role: "admin" },
  "alan@acme.example": { role: "member" },
};
const WITHOUT_ALAN = Object.fromEntries(Object.entries(PEOPLE).filter(([, { role }]) => role !== "member"));

const declared = (members = PEOPLE) => ({
  controlPlane: controlPlaneOf("shop"),
  project,
  workspace: stableId("shop/acme/production"),
  issuer: `https://${center}.supabase.co/auth/v1`,
  members,
});

/** As a run does: the control plane's rows first. */
async function up(members = PEOPLE): Promise<void> {
  await grant(members);
  await life.up(declared(members));
}

const grant = (access: Members) =>
  new Life(workspace, live.context()).up({ ...workspaceOf("shop"), projectRef: project, access });

const signUp = (email: string) =>
  live.sql(
    center,
    `insert into auth.users (id, email, email_confirmed_at) values ('${stableId(email)}', '${email}', now())`,
  );

const rows = () =>
  live.sql(project, "select email, role, user_id, managed_by from public.workspace_members order by email");
const row = (email: string, role: string, managed_by = "manifest", user_id: string | null = null) => ({
  email,
  role,
  user_id,
  managed_by,
});

describe("control-plane:WorkspaceMembers", () => {
  test("finds what it declared, in one call each", async () => {
    const calls = () => live.sandbox.requests().filter(({ path }) => path.includes(project));
    live.sandbox.clearRequests();
    expect(await life.refresh()).toEqual([]);
    expect(calls().map(({ write }) => write)).toEqual([false]);
    live.sandbox.clearRequests();
    await life.up(declared());
    expect(calls()).toHaveLength(1);
  });

  test("shuts out at once, and takes in again", async () => {
    await up(WITHOUT_ALAN);
    expect(await rows()).toEqual([row("ada@acme.example", "owner"), row("grace@acme.example", "admin")]);
    await up();
    expect(await rows()).toContainEqual(row("alan@acme.example", "member"));
    expect(await life.refresh()).toEqual([]);
  });

  test("binds the account that verified the address", async () => {
    await signUp("ada@acme.example");
    expect(await life.refresh()).toEqual(["differences"]);
    await up();
    expect(await rows()).toContainEqual(
      row("ada@acme.example", "owner", "manifest", stableId("ada@acme.example")),
    );
    expect(await life.refresh()).toEqual([]);
  });

  test("follows a person to another address, and lets in the next holder of the first", async () => {
    const ada = stableId("ada@acme.example");
    await live.sql(center, `update auth.users set email = 'elsewhere@acme.example' where id = '${ada}'`);
    expect(await life.refresh()).toEqual(["differences"]);
    await up();
    expect(await rows()).toContainEqual(row("ada@acme.example", "owner"));
    const next = "00000000-0000-4000-8000-000000000002";
    await live.sql(
      center,
      `insert into auth.users (id, email, email_confirmed_at) values ('${next}', 'Ada@acme.example', now())`,
    );
    await up();
    expect(await rows()).toContainEqual(row("ada@acme.example", "owner", "manifest", next));
  });

  test("lets in whom the product let in, and shuts out whom it removed", async () => {
    await live.sql(
      center,
      `insert into public.members (organization_id, email, role, managed_by)
         values ('${stableId("shop/acme")}', 'guest@acme.example', 'admin', 'app')`,
    );
    expect(await life.refresh()).toEqual(["differences"]);
    await up();
    expect(await rows()).toContainEqual(row("guest@acme.example", "admin", "app"));
    expect(await life.refresh()).toEqual([]);
    await live.sql(center, "delete from public.members where email = 'guest@acme.example'");
    expect(await life.refresh()).toEqual(["differences"]);
    await up();
    expect(await rows()).toHaveLength(3);
  });

  test.each([
    [
      "someone let in",
      "insert into public.workspace_members (email, role) values ('eve@evil.example', 'admin')",
      ["differences", "members/eve@evil.example"],
    ],
    [
      "someone let in as if by the product",
      "insert into public.workspace_members (email, role, managed_by) values ('eve@evil.example', 'admin', 'app')",
      ["differences"],
    ],
    [
      "another account",
      "update public.workspace_members set user_id = gen_random_uuid() where email = 'alan@acme.example'",
      ["differences"],
    ],
    [
      "a role",
      "update public.workspace_members set role = 'admin' where email = 'alan@acme.example'",
      ["differences", "members/alan@acme.example/role"],
    ],
    ["the issuer", "update private.settings set issuer = 'https://evil.example'", ["issuer"]],
  ])("sees %s as drift, and takes it back", async (_, change, paths) => {
    await live.sql(project, change);
    expect(await life.refresh()).toEqual(paths);
    await life.up(declared());
    expect(await life.refresh()).toEqual([]);
  });

  test.each(["control plane", "workspace"])(
    "goes on after the %s was restored from a backup",
    async (which) => {
      if (which === "workspace") await live.sql(project, "update private.settings set access_version = 1");
      else await live.sql(center, "delete from private.access_deliveries");
      await live.sql(project, "delete from public.workspace_members where email = 'alan@acme.example'");
      await life.refresh();
      await up();
      expect(await life.refresh()).toEqual([]);
      const [held] = await live.sql(project, "select access_version::int as version from private.settings");
      const [known] = await live.sql(
        center,
        "select delivered_version::int as version from private.access_deliveries",
      );
      expect(held).toEqual(known);
    },
  );

  test.each(["hold-before", "hold-after"] as const)("goes on after a kill at %s", async (kind) => {
    await grant(WITHOUT_ALAN);
    const fault = { kind, writesOnly: true, match: project } as const;
    await live.killed(fault, (context) => new Life(workspaceMembers, context).up(declared(WITHOUT_ALAN)));
    await life.up(declared(WITHOUT_ALAN));
    expect(await life.refresh()).toEqual([]);
    await up();
  });

  test("gets through when every other call fails or is cut", async () => {
    live.sandbox.setFaults(
      (["500", "drop-before", "drop-after", "429"] as const).map((kind) => ({
        kind,
        match: project,
        share: 0.2,
      })),
      7,
    );
    try {
      await up(WITHOUT_ALAN);
      expect(await life.refresh()).toEqual([]);
      await up();
    } finally {
      live.sandbox.setFaults([]);
    }
    expect(await life.refresh()).toEqual([]);
  });

  test("refuses the database of another workspace", async () => {
    await new Life(workspace, live.context()).up(workspaceOf("shop", "staging"));
    const other = { ...declared(), workspace: stableId("shop/acme/staging") };
    await expect(new Life(workspaceMembers, live.context()).up(other)).rejects.toThrow(
      /belongs to workspace .*, not to/,
    );
    expect(await life.refresh()).toEqual([]);
  });

  test("shuts everyone out when it is removed", async () => {
    await life.remove();
    await life.remove();
    expect(await rows()).toEqual([]);
    await live.deleteProject(project);
    await life.remove();
    expect(await life.refresh()).toBe("gone");
  });
});
