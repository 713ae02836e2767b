import { describe, expect, test } from "vitest";
import type { OrganizationManifest } from "../../src/manifest/organization.ts";
import { runOf } from "../guards/fleet.ts";

type Acme = Partial<OrganizationManifest>;

const CONSENT = { reason: "left", approvedBy: "eve@shop.example", expires: "2026-12-01" };
const spike = (spike: NonNullable<Acme["workspaces"]>[string]): Acme => ({
  workspaces: { production: {}, spike },
});

describe("a state that is missing in the YAML", () => {
  test.each<[what: string, before: Acme, after: Acme, refused: string[]]>([
    [
      "doesn't open a suspended organization",
      { state: "suspended" },
      { state: undefined },
      [
        "the organization acme is suspended, and its `state` is missing in the YAML → If the line was lost, restore `state: suspended`. To open it again, set `state` to `active`.",
      ],
    ],
    [
      "doesn't open an archived organization with its workspaces",
      { state: "archived", ...spike({}) },
      { state: undefined },
      [expect.stringMatching(/^the organization acme is archived, /)],
    ],
    [
      "doesn't open a suspended workspace",
      spike({ state: "suspended" }),
      spike({}),
      [
        "the workspace spike of acme is suspended, and its `state` is missing in the YAML → If the line was lost, restore `state: suspended`. To open it again, set `workspaces.spike.state` to `active`.",
      ],
    ],
    [
      "doesn't restore an archived workspace of a suspended organization",
      { state: "suspended", ...spike({ state: "archived" }) },
      spike({}),
      [expect.stringMatching(/^the workspace spike of acme is archived, /)],
    ],
    [
      "doesn't restore a deleted workspace",
      { ...spike({ state: "deleted" }), consents: [{ delete: "acme/spike", ...CONSENT }] },
      spike({}),
      [expect.stringMatching(/restore `state: deleted`\. To use the name again .* raise `generation`\.$/)],
    ],
    ["is no loss in an active organization", { state: "active" }, { state: undefined }, []],
    ["is no loss in a new workspace", { workspaces: { production: {} } }, spike({}), []],
    [
      "is no loss in the next generation of a deleted workspace",
      { ...spike({ state: "deleted" }), consents: [{ delete: "acme/spike", ...CONSENT }] },
      spike({ generation: 2 }),
      [],
    ],
    [
      "is no loss in workspaces that an organization closed, and opens",
      { state: "suspended", ...spike({}) },
      { state: "active" },
      [],
    ],
  ])("%s", async (_, before, after, refused) => {
    const { results } = await runOf({ before: { acme: before }, after: { acme: after } });
    const removals = results.flatMap(({ changes }) => changes.removals);
    expect(removals.map(({ message, remedy }) => `${message} → ${remedy}`)).toEqual(refused);
    expect(results.map(({ outcome }) => outcome === "refused")).toEqual([refused.length > 0]);
  });

  test.each<[what: string, before: Acme, after: Acme]>([
    ["an organization", { state: "suspended" }, { state: "active" }],
    ["a workspace", spike({ state: "archived" }), spike({ state: "active" })],
  ])("isn't missing if `state: active` opens %s", async (_, before, after) => {
    const { results } = await runOf({ before: { acme: before }, after: { acme: after } });
    expect(results.map(({ outcome }) => outcome)).toEqual(["changes"]);
  });
});
