import { expect, test } from "vitest";
import type { ResourceState } from "../src/resource-state.ts";
import { SkippedResources } from "../src/skipped-resources.ts";
import { emptyState } from "./states.ts";

function urn(name: string): string {
  return `urn:pulumi:dev::trial::test:index:Thing::${name}`;
}

function state(name: string, needs: Partial<ResourceState> = {}): ResourceState {
  return { ...emptyState(urn(name)), ...needs };
}

test.each<[string, Partial<ResourceState>]>([
  ["depends on it", { dependencies: [urn("failed")] }],
  ["uses a property of it", { propertyDependencies: { value: [urn("failed")] } }],
  ["is a child of it", { parent: urn("failed") }],
  ["has it as provider", { provider: `${urn("failed")}::` }],
  ["is deleted with it", { deletedWith: urn("failed") }],
  ["is replaced with it", { replaceWith: [urn("failed")] }],
])("a resource that %s waits for a failed resource", (_, needs) => {
  const left = new SkippedResources();
  left.add(urn("failed"), undefined);
  expect(left.holdsUp(state("a", needs))).toBe(true);
  expect(left.holdsUp(state("a"))).toBe(false);
});

test("skipped resources are kept with everything that they need, including replaced resources", () => {
  const far = state("far");
  const old = state("near", { delete: true });
  const near = state("near", { dependencies: [urn("far")] });
  const waits = state("former", { dependencies: [urn("near")] });
  const other = state("other", { dependencies: [urn("former")] });
  const left = new SkippedResources();
  left.add(urn("waits"), waits);
  expect([...left.keeps([far, old, near, waits, other])].map((each) => each.urn).sort()).toEqual(
    [far, near, old, waits].map((each) => each.urn).sort(),
  );
});

test("a pending deletion isn't kept for a failed resource of the same name", () => {
  const left = new SkippedResources();
  left.add(urn("a"), undefined);
  expect(left.keeps([state("a", { delete: true })]).size).toBe(0);
});
