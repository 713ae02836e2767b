import { describe, expect, test } from "vitest";
import { resourceOf } from "../../src/provider/registry.ts";
import { checkInputs } from "../../src/provider/runtime/protocol/check.ts";

type Inputs = Readonly<Record<string, unknown>>;

const CONTROL_PLANE = { organization: "shop", name: "shop--00000000" };
const ADA = { "ada@acme.example": { role: "owner" } };
const GRACE = { "grace@acme.example": { role: "member" } };
const PEOPLE = { ...ADA, ...GRACE };

const guard = (inputs: Inputs): Inputs => ({
  ...{ controlPlane: CONTROL_PLANE, organization: "acme", state: "active" },
  ...{ members: { "ada@acme.example": "owner" }, invitations: [], claimTokens: [], workspaces: {} },
  ...inputs,
});
const ofWorkspace = (inputs: Inputs): Inputs => ({
  personal: { state: "active", access: [], keys: [], ...inputs },
});
const keys = (inputs: Inputs): Inputs => ({ controlPlane: CONTROL_PLANE, workspace: "personal", ...inputs });
const KEY = { ci: { graceSeconds: 60 } };
const entrants = (inputs: Inputs): Inputs => ({
  ...{ controlPlane: CONTROL_PLANE, project: "ref", workspace: "personal", issuer: "https://ref.example" },
  ...{ differences: [], ...inputs },
});

/** The inputs that a resource records, from those that were recorded and those that are declared. */
function checked(type: string, before: Inputs, after: Inputs): Inputs {
  const resource = resourceOf(`tenantry:${type}`);
  if (resource === undefined) throw new Error(`there is no ${type}`);
  const { inputs, failures } = checkInputs(resource, after, before);
  expect(failures).toEqual([]);
  return inputs;
}

describe("the recorded inputs of a collection that the manifest leaves out", () => {
  test.each<[what: string, type: string, before: Inputs, after: Inputs, recorded: Inputs]>([
    [
      "keep its entries",
      "control-plane:ApiKeys",
      keys({ keys: KEY }),
      keys({ keys: {}, unmanaged: { apiKeys: 0 } }),
      keys({ keys: KEY, unmanaged: { apiKeys: 1 } }),
    ],
    [
      "stay the same in the next run",
      "control-plane:ApiKeys",
      keys({ keys: KEY, unmanaged: { apiKeys: 1 } }),
      keys({ keys: {}, unmanaged: { apiKeys: 0 } }),
      keys({ keys: KEY, unmanaged: { apiKeys: 1 } }),
    ],
    [
      "have nothing to keep where the manifest had none",
      "control-plane:ApiKeys",
      keys({ keys: {} }),
      keys({ keys: {}, unmanaged: { apiKeys: 0 } }),
      keys({ keys: {} }),
    ],
    [
      "have the mark in a new resource",
      "control-plane:ApiKeys",
      {},
      keys({ keys: {}, unmanaged: { apiKeys: 0 } }),
      keys({ keys: {}, unmanaged: { apiKeys: 0 } }),
    ],
    [
      "are the declared ones once the manifest has it again",
      "control-plane:ApiKeys",
      keys({ keys: KEY, unmanaged: { apiKeys: 1 } }),
      keys({ keys: {} }),
      keys({ keys: {} }),
    ],
    [
      "keep everybody but a former owner",
      "control-plane:WorkspaceMembers",
      entrants({ members: PEOPLE }),
      entrants({ members: { "max@acme.example": { role: "owner" } }, unmanaged: { members: 0 } }),
      entrants({ members: { ...GRACE, "max@acme.example": { role: "owner" } }, unmanaged: { members: 1 } }),
    ],
    [
      "have the mark after a closed workspace, which records nobody",
      "control-plane:WorkspaceMembers",
      entrants({ members: {} }),
      entrants({ members: ADA, unmanaged: { members: 0 } }),
      entrants({ members: ADA, unmanaged: { members: 0 } }),
    ],
    [
      "keep the access of a member without `workspaces`",
      "control-plane:WorkspaceMembers",
      entrants({ members: PEOPLE }),
      entrants({ members: ADA, unmanagedGrants: { "grace@acme.example": true, "new@acme.example": true } }),
      entrants({ members: PEOPLE, unmanagedGrants: { "grace@acme.example": true } }),
    ],
    [
      "keep the names that the guard leaves open",
      "control-plane:Guard",
      guard({
        members: { "ada@acme.example": "owner", "grace@acme.example": "member" },
        claimTokens: ["door"],
        workspaces: ofWorkspace({ access: ["ada@acme.example", "grace@acme.example"], keys: ["ci"] }),
      }),
      guard({
        workspaces: ofWorkspace({ access: ["ada@acme.example"] }),
        unmanaged: { members: 0, claimTokens: 0, invitations: 0 },
        unmanagedKeys: { personal: true },
      }),
      guard({
        members: { "ada@acme.example": "owner", "grace@acme.example": "member" },
        claimTokens: ["door"],
        workspaces: ofWorkspace({ access: ["ada@acme.example", "grace@acme.example"], keys: ["ci"] }),
        unmanaged: { members: 1, claimTokens: 1 },
        unmanagedKeys: { personal: true },
      }),
    ],
  ])("%s", (_, type, before, after, recorded) => {
    expect(checked(type, before, after)).toEqual(recorded);
  });
});
