import { expect, test } from "vitest";
import { movedApps } from "../../src/changes/moved-apps.ts";
import type { OrganizationModel } from "../../src/model/model.ts";
import { view } from "./events.ts";

type Apps = Readonly<Record<string, readonly string[]>>;

const record = (apps: readonly string[]) => Object.fromEntries(apps.map((app) => [app, {}]));

/** The recorded workspaces. Ids are derived from their first names. */
function recorded(workspaces: Apps) {
  return Object.entries(workspaces).map(([name, apps]) =>
    view("tenantry:control-plane:Workspace", name, {
      inputs: { workspaceId: `id-${name}`, apps: record(apps) },
    }),
  );
}

/** An organization with apps by workspace; `new<old` is a renamed workspace. */
function declared(workspaces: Apps): OrganizationModel {
  const models = Object.entries(workspaces).map(([key, apps]) => {
    const [name = "", first = name] = key.split("<");
    return [name, { name, id: `id-${first}`, apps: record(apps), unmanaged: [] }];
  });
  return {
    name: "acme",
    stack: "agntdata.acme",
    workspaces: Object.fromEntries(models),
  } as unknown as OrganizationModel;
}

const BEFORE = recorded({ production: ["store", "blog"], staging: ["blog"] });

test.each<[what: string, after: Apps]>([
  ["is unchanged", { production: ["store", "blog"], staging: ["blog"] }],
  ["is removed", { production: ["blog"], staging: ["blog"] }],
  [
    "is removed while another workspace has one with the same name",
    { production: ["store"], staging: ["blog"] },
  ],
  [
    "is added while another workspace has one with the same name",
    { production: ["store", "blog"], staging: ["blog", "store"] },
  ],
  ["is in a renamed workspace", { "live<production": ["store", "blog"], staging: ["blog"] }],
])("an app that %s has not moved", (_, after) => {
  expect(movedApps(declared(after), BEFORE)).toEqual([]);
});

test("an app that moves to another workspace is refused, with its workspace", () => {
  const found = movedApps(declared({ production: ["blog"], staging: ["blog", "store"] }), BEFORE);
  expect(found).toMatchObject([
    {
      kind: "app",
      workspace: "production",
      message: "the app store of acme can't move from the workspace production to staging",
      remedy: expect.stringContaining("`workspaces.production.apps`"),
    },
  ]);
});

test("an app that moves to a new workspace is refused", () => {
  const found = movedApps(declared({ production: ["blog"], staging: ["blog"], new: ["store"] }), BEFORE);
  expect(found).toHaveLength(1);
});
