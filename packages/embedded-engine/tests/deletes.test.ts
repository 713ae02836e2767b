import fc from "fast-check";
import { expect, test } from "vitest";
import { deletionLevels } from "../src/deletes.ts";
import type { ResourceState } from "../src/resource-state.ts";
import { emptyState } from "./states.ts";

function urn(name: string | number): string {
  return `urn:pulumi:dev::trial::test:index:Thing::${name}`;
}

function state(name: string | number, needs: Partial<ResourceState> = {}): ResourceState {
  return { ...emptyState(urn(name)), ...needs };
}

function names(levels: readonly (readonly ResourceState[])[]): string[][] {
  return levels.map((level) => level.map((one) => one.urn.split("::").at(-1) ?? "").sort());
}

test.each<[string, readonly ResourceState[], string[][]]>([
  ["dependents first", [state("a"), state("b", { dependencies: [urn("a")] })], [["b"], ["a"]]],
  [
    "a property that needs another",
    [state("a"), state("b", { propertyDependencies: { value: [urn("a")] } })],
    [["b"], ["a"]],
  ],
  [
    "children before parents",
    [state("p", { custom: false }), state("c", { parent: urn("p") })],
    [["c"], ["p"]],
  ],
  [
    "what a provider made before the provider",
    [state("p", { id: "1" }), state("a", { provider: `${urn("p")}::1` })],
    [["a"], ["p"]],
  ],
  [
    "what goes down with another before it",
    [state("a"), state("b", { deletedWith: urn("a") })],
    [["b"], ["a"]],
  ],
  [
    "what needs a component before what is inside of it",
    [
      state("g", { custom: false }),
      state("h", { custom: false, parent: urn("g") }),
      state("inside", { parent: urn("h") }),
      state("user", { dependencies: [urn("g")] }),
    ],
    [["user"], ["inside"], ["h"], ["g"]],
  ],
  ["independent resources in parallel", [state("a"), state("b")], [["a", "b"]]],
])("%s", (_, resources, expected) => {
  expect(names(deletionLevels(resources, new Set(resources)))).toEqual(expected);
});

test("in any graph, each resource is deleted once, and dependents strictly before their dependencies", () => {
  const graph = fc
    .array(fc.array(fc.nat(), { maxLength: 3 }), { maxLength: 30 })
    .map((edges) =>
      edges.map((targets, index) =>
        state(index, { dependencies: index === 0 ? [] : targets.map((target) => urn(target % index)) }),
      ),
    );
  fc.assert(
    fc.property(graph, fc.array(fc.boolean(), { minLength: 30, maxLength: 30 }), (resources, chosen) => {
      const condemned = new Set(resources.filter((_, index) => chosen[index]));
      const levels = deletionLevels(resources, condemned);
      expect(new Set(levels.flat())).toEqual(condemned);
      expect(levels.flat()).toHaveLength(condemned.size);
      const levelOf = new Map(
        levels.flatMap((level, index) => level.map((one) => [one.urn, index] as const)),
      );
      for (const one of condemned)
        for (const dependency of one.dependencies) {
          const other = levelOf.get(dependency);
          if (other !== undefined) expect(levelOf.get(one.urn)).toBeLessThan(other);
        }
    }),
  );
});
