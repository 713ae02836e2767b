import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stableId } from "../../../src/core/ids.ts";
import { workspaceMembers } from "../../../src/provider/directory/workspace-members.ts";
import { Life } from "../life.ts";
import { type Live, startLive } from "../live.ts";
import { withTables } from "./directory.ts";

let live: Live;
let project: string;
let life: Life<typeof workspaceMembers.inputs, typeof workspaceMembers.outputs>;

beforeAll(async () => {
  live = await startLive();
  project = await withTables(live, "shop", "workspace");
  life = new Life(workspaceMembers, live.context());
  await life.up(declared());
});
afterAll(() => live.stop());

type Members = Record<string, { role: "owner" | "admin" | "member" }>;

function declared(
  members: Members = { "ada@acme.example": { role: "owner" }, "alan@acme.example": { role: "member" } },
) {
  return {
    project,
    workspace: stableId("shop/acme/production"),
    issuer: "https://center.example/auth/v1",
    members,
  };
}

const rows = () =>
  live.sql(project, "select email, role, managed_by from public.workspace_members order by email");

describe("directory:WorkspaceMembers", () => {
  test("finds what it declared, in one call each", async () => {
    const calls = () => live.sandbox.requests().filter(({ path }) => path.includes(project));
    live.sandbox.clearRequests();
    expect(await life.refresh()).toEqual([]);
    expect(calls().map(({ write }) => write)).toEqual([false]);
    live.sandbox.clearRequests();
    await life.up(declared());
    expect(calls()).toHaveLength(1);
  });

  test("shuts out at once, and keeps whom a member is bound to", async () => {
    const user = "00000000-0000-4000-8000-000000000001";
    await live.sql(
      project,
      `update public.workspace_members set user_id = '${user}' where email = 'ada@acme.example'`,
    );
    await life.up(declared({ "ada@acme.example": { role: "admin" } }));
    expect(await live.sql(project, "select email, role, user_id from public.workspace_members")).toEqual([
      { email: "ada@acme.example", role: "admin", user_id: user },
    ]);
    await life.up(declared());
    expect(await life.refresh()).toEqual([]);
  });

  test("leaves whom the app let in", async () => {
    await live.sql(
      project,
      "insert into public.workspace_members (email, role, managed_by) values ('guest@acme.example', 'member', 'app')",
    );
    expect(await life.refresh()).toEqual([]);
    await life.up(declared());
    expect(await rows()).toContainEqual({ email: "guest@acme.example", role: "member", managed_by: "app" });
  });

  test.each([
    [
      "someone let in",
      "insert into public.workspace_members (email, role) values ('eve@evil.example', 'admin')",
      "members/eve@evil.example",
    ],
    [
      "a role",
      "update public.workspace_members set role = 'admin' where email = 'alan@acme.example'",
      "members/alan@acme.example/role",
    ],
    ["the issuer", "update private.settings set issuer = 'https://evil.example'", "issuer"],
  ])("sees %s as drift, and mends it", async (_, change, path) => {
    await live.sql(project, change);
    expect(await life.refresh()).toEqual([path]);
    await life.up(declared());
    expect(await life.refresh()).toEqual([]);
  });

  test.each(["hold-before", "hold-after"] as const)("goes on after a kill at %s", async (kind) => {
    const wanted = declared({ "ada@acme.example": { role: "owner" } });
    const fault = { kind, writesOnly: true, match: project } as const;
    await live.killed(fault, (context) => new Life(workspaceMembers, context).up(wanted));
    await life.up(wanted);
    expect(await life.refresh()).toEqual([]);
    await life.up(declared());
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
      await life.up(declared({}));
      expect(await life.refresh()).toEqual([]);
      await life.up(declared());
    } finally {
      live.sandbox.setFaults([]);
    }
    expect(await life.refresh()).toEqual([]);
  });

  test("refuses the database of another workspace", async () => {
    const other = { ...declared(), workspace: stableId("shop/acme/staging") };
    await expect(new Life(workspaceMembers, live.context()).up(other)).rejects.toThrow(
      /is workspace .*'s, not/,
    );
    expect(await life.refresh()).toEqual([]);
  });

  test("shuts everyone of the manifest out when it is removed", async () => {
    await life.remove();
    await life.remove();
    expect(await rows()).toEqual([{ email: "guest@acme.example", role: "member", managed_by: "app" }]);
    await live.deleteProject(project);
    await life.remove();
    expect(await life.refresh()).toBe("gone");
  });
});
