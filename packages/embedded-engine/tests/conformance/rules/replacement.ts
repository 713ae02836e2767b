import { destroy, preview, type Rules, up } from "../rule.ts";

/** `b` is updated when `a` is another, `c` is replaced with it, and `d` only waits. */
function dependents(a: string, options = "{}"): string {
  return `
    const a = new Thing("a", ${a}, ${options});
    new Thing("b", { value: a.id });
    const c = new Thing("c", { kind: a.id });
    new Thing("d", { value: c.size }, { dependsOn: a });`;
}

export const REPLACEMENT: Rules = {
  "a replacement is created before the old one is deleted": [
    up('new Thing("a", { kind: "one" });'),
    preview('new Thing("a", { kind: "two", value: 1 });'),
    up(),
  ],
  "dependents are updated before the old resource is deleted": [
    up(dependents('{ kind: "one" }')),
    preview(dependents('{ kind: "two" }')),
    up(),
  ],
  "an option deletes the old resource first": [
    up('new Thing("a", { kind: "one" }, { deleteBeforeReplace: true });'),
    preview('new Thing("a", { kind: "two" }, { deleteBeforeReplace: true });'),
    up(),
  ],
  "a provider deletes the old resource first": [
    up('new Thing("a", { kind: "one" });'),
    preview('new Thing("a", { kind: "two", first: "delete" });'),
    up(),
  ],
  "an option overrides a provider that deletes the old resource first": [
    up('new Thing("a", { kind: "one", first: "delete" });'),
    up('new Thing("a", { kind: "two", first: "delete" }, { deleteBeforeReplace: false });'),
  ],
  "dependents that must be replaced are deleted before an early deletion": [
    up(dependents('{ kind: "one" }', "{ deleteBeforeReplace: true }")),
    preview(dependents('{ kind: "two" }', "{ deleteBeforeReplace: true }")),
    up(),
  ],
  "children are no dependents of an early deletion": [
    up('const a = new Thing("a", { kind: "one" }); new Thing("b", {}, { parent: a });'),
    up(
      'const a = new Thing("a", { kind: "two" }, { deleteBeforeReplace: true }); new Thing("b", {}, { parent: a });',
    ),
  ],
  "a failed creation after an early deletion is repeated by the next run": [
    up('new Thing("a", { kind: "one" });'),
    up('new Thing("a", { kind: "two" }, { deleteBeforeReplace: true });', { faults: { "create a": "fail" } }),
    preview(),
    up(),
  ],
  "an early deletion of an undeclared resource is removed from the state": [
    up('new Thing("a", { kind: "one" });'),
    up('new Thing("a", { kind: "two" }, { deleteBeforeReplace: true });', { faults: { "create a": "fail" } }),
    up(""),
  ],
  "a failed creation after an early deletion is cleared by destroy": [
    up('new Thing("a", { kind: "one" });'),
    up('new Thing("a", { kind: "two" }, { deleteBeforeReplace: true });', { faults: { "create a": "fail" } }),
    destroy(),
  ],
  "a failed replacement keeps the old resource": [
    up('new Thing("a", { kind: "one" });'),
    up('new Thing("a", { kind: "two" });', { faults: { "create a": "fail" } }),
    up(),
  ],
  "a failed deletion of an old resource is repeated by the next run": [
    up('new Thing("a", { kind: "one" });'),
    up('new Thing("a", { kind: "two" });', { faults: { "delete a": "fail" } }),
    preview(),
    up(),
  ],
  "a failed deletion of an old resource is repeated by destroy": [
    up('new Thing("a", { kind: "one" });'),
    up('new Thing("a", { kind: "two" });', { faults: { "delete a": "fail" } }),
    destroy(),
  ],
  "replaceOnChanges turns an update into a replacement": [
    up('new Thing("a", { value: 1, other: 1 });'),
    up('new Thing("a", { value: 1, other: 2 }, { replaceOnChanges: ["value"] });'),
    preview('new Thing("a", { value: 2, other: 2 }, { replaceOnChanges: ["value"] });'),
    up(),
  ],
  "replaceOnChanges of everything": [
    up('new Thing("a", { value: 1 });'),
    up('new Thing("a", { value: 2 }, { replaceOnChanges: ["*"] });'),
  ],
  "replaceOnChanges of a path inside a property": [
    up('new Thing("a", { value: { one: 1, two: 2 } });'),
    up('new Thing("a", { value: { one: 1, two: 3 } }, { replaceOnChanges: ["value.one"] });'),
    up('new Thing("a", { value: { one: 2, two: 3 } }, { replaceOnChanges: ["value.one"] });'),
  ],
  "a changed trigger replaces the resource": [
    up('new Thing("a", {}, { replacementTrigger: "one" });'),
    up('new Thing("a", {}, { replacementTrigger: "one" });'),
    preview('new Thing("a", {}, { replacementTrigger: "two" });'),
    up(),
    up('new Thing("a", {});'),
  ],
  "a resource with replaceWith is replaced with the other": [
    up('const a = new Thing("a", { kind: "one" }); new Thing("b", {}, { replaceWith: [a] });'),
    preview('const a = new Thing("a", { kind: "two" }); new Thing("b", {}, { replaceWith: [a] });'),
    up(),
  ],
};
