import type { ResourceView } from "@tenantry/embedded-engine/interface";
import { describe, expect, test } from "vitest";
import { refusedReturn } from "../../src/changes/generations.ts";
import type { OrganizationModel } from "../../src/model/model.ts";
import { view } from "./events.ts";

const declared = (generation: number, state = "active") =>
  ({ name: "acme", stack: "agntdata.acme", generation, state }) as unknown as OrganizationModel;

/** The recorded resources of one generation: its component, its row and a customer. */
function recorded(generation: number, { isDeleted = true, protect = false } = {}): ResourceView[] {
  const name = generation === 1 ? "acme" : `acme@${generation}`;
  const component = view("tenantry:index:Organization", name, {});
  const row = view("tenantry:control-plane:Organization", `${name}-control-plane`, {
    id: `id-${generation}`,
    inputs: { generation },
    outputs: isDeleted ? { isDeleted: true } : {},
  });
  const customer = view("tenantry:stripe:Customer", `${name}-customer`, { id: "cus_1" });
  return [component, { ...row, parent: component.urn }, { ...customer, parent: component.urn, protect }];
}

describe("the next generation of an organization", () => {
  test.each([
    ["follows a deleted one", [...recorded(1)]],
    [
      "is there already, after a run that was killed",
      [...recorded(1), ...recorded(2, { isDeleted: false, protect: true })],
    ],
    ["is the first that this stack records", []],
  ])("is accepted where it %s", (_, views) => {
    expect(refusedReturn(declared(2), views)).toBeUndefined();
  });

  test.each([
    ["is active", recorded(1, { isDeleted: false, protect: true })],
    ["was recorded by an earlier version, without a state", recorded(1, { isDeleted: false })],
    ["was deleted halfway, and holds protected resources", recorded(1, { protect: true })],
  ])("is refused where the one before %s", (_, views) => {
    expect(refusedReturn(declared(2), views)).toMatchObject({
      kind: "organization",
      organization: "acme",
      stack: "agntdata.acme",
      message: expect.stringContaining("because its generation 1 isn't deleted"),
      remedy: expect.stringContaining("Set `generation: 1` and `state: deleted`"),
    });
  });

  test("is required by a deleted organization that becomes active", () => {
    expect(refusedReturn(declared(1), recorded(1))?.message).toContain("doesn't become active again");
    expect(refusedReturn(declared(1, "deleted"), recorded(1))).toBeUndefined();
  });
});
