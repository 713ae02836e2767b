import { destroy, preview, type Rules, refresh, up } from "../rule.ts";

function pair(value: number): string {
  return `const a = new Thing("a", { value: ${value} }); new Thing("b", { value: a.size, other: ${value} }); new Thing("c", { value: ${value} });`;
}

function only(...names: readonly string[]): { options: { targets: readonly string[] } } {
  return { options: { targets: names.map((name) => `urn:pulumi:dev::trial::test:index:Thing::${name}`) } };
}

function withDependents(name: string): { options: { targets: readonly string[]; targetDependents: true } } {
  return { options: { ...only(name).options, targetDependents: true } };
}

export const TARGETS: Rules = {
  "only targets are updated": [up(pair(1)), preview(pair(22), only("a")), up(undefined, only("a")), up()],
  "targets include their dependents with the option": [up(pair(1)), up(pair(22), withDependents("a"))],
  "targets can be patterns": [up(pair(1)), up(pair(22), { options: { targets: ["**::c"] } })],
  "only targets are created": [preview(pair(1), only("c")), up(undefined, only("c")), up()],
  "a target that needs an uncreated resource is an error": [
    preview(pair(1), only("b")),
    up(undefined, only("b")),
  ],
  "only targets are deleted": [up(pair(1)), up("", only("c"))],
  "dependents of a target are deleted with it with the option": [up(pair(1)), up("", withDependents("a"))],
  "only targets are destroyed": [
    up(pair(1)),
    destroy(only("c")),
    destroy(only("a")),
    destroy(withDependents("a")),
  ],
  "only targets are refreshed": [
    up(pair(1)),
    refresh({ meanwhile: { "a-1": { value: 5 }, "c-1": { value: 5 } }, ...only("c") }),
  ],
  "a missing target": [up(pair(1)), up(undefined, only("d")), destroy(only("d"))],
};
