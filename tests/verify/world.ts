import type pg from "pg";
import type { OrganizationManifest } from "../../src/manifest/organization.ts";
import type { PlatformManifest } from "../../src/manifest/platform.ts";
import type { OrganizationModel } from "../../src/model/model.ts";
import { resolveOrganization } from "../../src/model/resolve.ts";
import { catalogOf, catalogStatements } from "../../src/vendors/postgres/catalog/catalog.ts";
import { answerOf } from "../../src/vendors/postgres/scripts/rollback.ts";
import type { Checked } from "../../src/verify/check.ts";
import { LiveDatabase } from "../../src/verify/live-database.ts";
import { uuid, type World } from "../isolation/world.ts";

const PLATFORM: PlatformManifest = {
  apiVersion: "tenantry/v1",
  kind: "Platform",
  name: "acme",
  currency: "usd",
  supabase: { organization: "acme", region: "us-east-1" },
  plans: {
    free: { price: { monthly: 0 }, entitlements: { workspaces: 5, seats: 10, perWorkspaceAccess: true } },
  },
  defaultPlan: "free",
};

const ORGANIZATION: OrganizationManifest = {
  apiVersion: "tenantry/v1",
  kind: "Organization",
  name: "org-0",
  owner: "person-0@example.com",
  members: [
    { email: "person-1@example.com", role: "admin" },
    { email: "person-2@example.com", role: "member", workspaces: ["ws-0"] },
    { email: "person-4@example.com", role: "member", workspaces: ["ws-0"] },
    { email: "person-5@example.com", role: "member", workspaces: ["ws-1"] },
  ],
  workspaces: { "ws-0": {}, "ws-1": {}, "ws-2": { state: "suspended" } },
};

/** The model of an organization. */
export function organizationModel(edit: Partial<OrganizationManifest> = {}): OrganizationModel {
  const { model, diagnostics } = resolveOrganization({
    platform: { file: "platform.yaml", manifest: PLATFORM },
    repository: { own: PLATFORM.name, platforms: [] },
    organization: { file: "org-0.yaml", manifest: { ...ORGANIZATION, ...edit } },
    today: "2026-11-22",
  });
  if (model === undefined) throw new Error(JSON.stringify(diagnostics));
  return model;
}

/** The control plane that matches the manifest. Person 4 never verified the address, person 5 never signed in. */
export function worldOf({ id, workspaces }: OrganizationModel): World {
  const person = (number: number, account: "confirmed" | "unconfirmed") => ({
    id: uuid("a", number),
    email: `person-${number}@example.com`,
    verified: account === "confirmed",
    account,
  });
  const workspace = (name: string, granted: readonly number[]) => ({
    id: workspaces[name]?.id ?? "",
    state: workspaces[name]?.state ?? "active",
    granted,
  });
  return {
    people: [
      person(0, "confirmed"),
      person(1, "confirmed"),
      person(2, "confirmed"),
      person(3, "confirmed"),
      person(4, "unconfirmed"),
    ],
    organizations: [
      {
        id,
        members: [
          { person: 0, role: "owner" },
          { person: 1, role: "admin" },
          { person: 2, role: "member" },
          { person: 4, role: "member" },
          { person: 5, role: "member" },
        ],
        workspaces: [
          workspace("ws-0", [0, 1, 2, 4]),
          workspace("ws-1", [0, 1, 5]),
          workspace("ws-2", [0, 1]),
        ],
      },
      {
        id: uuid("b", 1),
        members: [{ person: 3, role: "owner" }],
        workspaces: [{ id: uuid("c", 10), state: "active", granted: [3] }],
      },
    ],
  };
}

/** A connection's database, within its open transaction. */
export async function liveDatabase(client: pg.Client): Promise<LiveDatabase> {
  const inOrder = async (statements: readonly string[]): Promise<unknown[]> => {
    let rows: unknown[] = [];
    for (const statement of statements) rows = (await client.query(statement)).rows;
    return rows;
  };
  const catalog = catalogOf(await inOrder(catalogStatements));
  return new LiveDatabase("ref", catalog, async (_, statements) => answerOf(await inOrder(statements)));
}

/** Differences as lines, one per caller. */
export function lines({ differences }: Pick<Checked, "differences">): string[] {
  return differences.flatMap(({ subject, callers, expected, found }) => {
    const line = `${subject}: ${expected}; ${found}`;
    return callers === undefined ? [line] : callers.map((caller) => `${caller}, ${line}`);
  });
}
