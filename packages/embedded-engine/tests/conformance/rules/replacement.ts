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
  "dependents move over to a replacement before the old one is deleted": [
    up(dependents('{ kind: "one" }')),
    preview(dependents('{ kind: "two" }')),
    up(),
  ],
  "an option has the old one deleted first": [
    up('new Thing("a", { kind: "one" }, { deleteBeforeReplace: true });'),
    preview('new Thing("a", { kind: "two" }, { deleteBeforeReplace: true });'),
    up(),
  ],
  "a provider has the old one deleted first": [
    up('new Thing("a", { kind: "one" });'),
    preview('new Thing("a", { kind: "two", first: "delete" });'),
    up(),
  ],
  "an option overrules a provider that wants the old one deleted first": [
    up('new Thing("a", { kind: "one", first: "delete" });'),
    up('new Thing("a", { kind: "two", first: "delete" }, { deleteBeforeReplace: false });'),
  ],
  "dependents that must be replaced are deleted before what is deleted first": [
    up(dependents('{ kind: "one" }', "{ deleteBeforeReplace: true }")),
    preview(dependents('{ kind: "two" }', "{ deleteBeforeReplace: true }")),
    up(),
  ],
  "children are no dependents of what is deleted first": [
    up('const a = new Thing("a", { kind: "one" }); new Thing("b", {}, { parent: a });'),
    up(
      'const a = new Thing("a", { kind: "two" }, { deleteBeforeReplace: true }); new Thing("b", {}, { parent: a });',
    ),
  ],
  "what was deleted first and could not be created is created by the next run": [
    up('new Thing("a", { kind: "one" });'),
    up('new Thing("a", { kind: "two" }, { deleteBeforeReplace: true });', { faults: { "create a": "fail" } }),
    preview(),
    up(),
  ],
  "what was deleted first and is wanted no more is forgotten": [
    up('new Thing("a", { kind: "one" });'),
    up('new Thing("a", { kind: "two" }, { deleteBeforeReplace: true });', { faults: { "create a": "fail" } }),
    up(""),
  ],
  "what was deleted first and could not be created is forgotten by destroy": [
    up('new Thing("a", { kind: "one" });'),
    up('new Thing("a", { kind: "two" }, { deleteBeforeReplace: true });', { faults: { "create a": "fail" } }),
    destroy(),
  ],
  "a replacement that could not be created leaves the old one": [
    up('new Thing("a", { kind: "one" });'),
    up('new Thing("a", { kind: "two" });', { faults: { "create a": "fail" } }),
    up(),
  ],
  "an old one that could not be deleted is deleted by the next run": [
    up('new Thing("a", { kind: "one" });'),
    up('new Thing("a", { kind: "two" });', { faults: { "delete a": "fail" } }),
    preview(),
    up(),
  ],
  "an old one that could not be deleted is deleted by destroy": [
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
  "replaceOnChanges of a path inside of a property": [
    up('new Thing("a", { value: { one: 1, two: 2 } });'),
    up('new Thing("a", { value: { one: 1, two: 3 } }, { replaceOnChanges: ["value.one"] });'),
    up('new Thing("a", { value: { one: 2, two: 3 } }, { replaceOnChanges: ["value.one"] });'),
  ],
  "a trigger that changes replaces": [
    up('new Thing("a", {}, { replacementTrigger: "one" });'),
    up('new Thing("a", {}, { replacementTrigger: "one" });'),
    preview('new Thing("a", {}, { replacementTrigger: "two" });'),
    up(),
    up('new Thing("a", {});'),
  ],
  "what is to be replaced with another is": [
    up('const a = new Thing("a", { kind: "one" }); new Thing("b", {}, { replaceWith: [a] });'),
    preview('const a = new Thing("a", { kind: "two" }); new Thing("b", {}, { replaceWith: [a] });'),
    up(),
  ],
};
