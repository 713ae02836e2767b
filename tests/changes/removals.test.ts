import { describe, expect, test } from "vitest";
import { removedOrganization, removedWorkspaces } from "../../src/changes/removals.ts";
import type { OrganizationModel, WorkspaceModel } from "../../src/model/model.ts";
import { projectName, stableId } from "../../src/shared/ids.ts";
import { view } from "./events.ts";

const id = (workspace: string) => stableId(`agntdata/acme/${workspace}`);

function recordedProject(name: string, first = name, state?: string) {
  const project = projectName(["agntdata", "acme", name], id(first));
  return view("tenantry:supabase:Project", name, {
    id: `ref-${name}`,
    inputs: { name: project, ...(state === undefined ? {} : { state }) },
  });
}

/** An organization with these workspaces by name, with the first name of each. */
function organization(workspaces: Readonly<Record<string, string>>): OrganizationModel {
  const models = Object.entries(workspaces).map(([name, first]) => [name, { name, id: id(first) }]);
  return {
    name: "acme",
    stack: "agntdata.acme",
    workspaces: Object.fromEntries(models) as Record<string, WorkspaceModel>,
  } as unknown as OrganizationModel;
}

describe("a workspace", () => {
  const recorded = [recordedProject("production"), recordedProject("staging")];

  test("that is still in the YAML isn't reported", () => {
    expect(
      removedWorkspaces(organization({ production: "production", staging: "staging" }), recorded),
    ).toEqual([]);
  });

  test("that was removed is reported, with the state to set", () => {
    const [only, ...others] = removedWorkspaces(organization({ production: "production" }), recorded);
    expect(others).toEqual([]);
    expect(only).toMatchObject({ kind: "workspace", workspace: "staging", stack: "agntdata.acme" });
    expect(only?.projects).toEqual([recorded[1]?.inputs.name]);
    expect(only?.remedy).toMatch(/state: archived.*state: deleted/);
  });

  test("that was renamed is reported unless `previously` names it", () => {
    const named = [recordedProject("production"), recordedProject("live", "live")];
    expect(removedWorkspaces(organization({ production: "production", live: "live" }), named)).toEqual([]);
    const renamed = organization({ production: "production", live: "staging" });
    expect(removedWorkspaces(renamed, recorded)).toEqual([]);
    const again = organization({ production: "production", live: "live" });
    expect(removedWorkspaces(again, recorded).map((removal) => removal.workspace)).toEqual(["staging"]);
  });

  test("can be removed once only its tombstone is left", () => {
    const buried = [recordedProject("production"), recordedProject("staging", "staging", "deleted")];
    expect(removedWorkspaces(organization({ production: "production" }), buried)).toEqual([]);
  });
});

describe("an organization without a manifest", () => {
  const customer = view("tenantry:stripe:Customer", "acme", { id: "cus_1" });

  test("is refused if it has a project, and the project is named", () => {
    const removal = removedOrganization("agntdata", "agntdata.acme", [
      customer,
      recordedProject("production"),
    ]);
    expect(removal).toMatchObject({ kind: "organization", organization: "acme", workspace: null });
    expect(removal?.projects).toHaveLength(1);
    expect(removal?.remedy).toMatch(/state: archived.*state: deleted/);
  });

  test("is refused if an interrupted run created only a customer", () => {
    expect(removedOrganization("agntdata", "agntdata.acme", [customer])).toBeDefined();
  });

  test.each([
    ["nothing", []],
    [
      "only the engine's own resources",
      [view("pulumi:pulumi:Stack", "x"), view("pulumi:providers:tenantry", "default", { id: "p" })],
    ],
    ["tombstones", [customer, recordedProject("production", "production", "deleted")]],
  ])("can be removed if its state records %s", (_what, recorded) => {
    expect(removedOrganization("agntdata", "agntdata.acme", recorded)).toBeUndefined();
  });
});
