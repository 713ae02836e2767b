import { destroy, preview, type Rules, up } from "../rule.ts";

export const OPTIONS: Rules = {
  "what is protected is not deleted until it no longer is": [
    up('new Thing("a", {}, { protect: true }); new Thing("b", {});'),
    preview('new Thing("b", {});'),
    up(),
    up('new Thing("a", {}); new Thing("b", {});'),
    up('new Thing("b", {});'),
  ],
  "what is protected is not replaced": [
    up('new Thing("a", { kind: "one" }, { protect: true });'),
    preview('new Thing("a", { kind: "two" }, { protect: true });'),
    up(),
    up('new Thing("a", { kind: "two" });'),
  ],
  "what is protected is updated": [
    up('new Thing("a", { value: 1 }, { protect: true });'),
    up('new Thing("a", { value: 2 }, { protect: true });'),
  ],
  "children are protected with their parent": [
    up(`
      const group = new Group("group", { protect: true });
      new Thing("kept", {}, { parent: group });
      new Thing("free", {}, { parent: group, protect: false });`),
    up('new Group("group", { protect: true });'),
  ],
  "destroy stops at what is protected, unless told otherwise": [
    up('const a = new Thing("a", {}, { protect: true }); new Thing("b", { value: a.id });'),
    destroy(),
    destroy({ options: { ignoreProtect: true } }),
  ],
  "what is retained leaves the state only": [
    up('new Thing("a", {}, { retainOnDelete: true }); new Thing("b", {});'),
    up(""),
  ],
  "what is retained stays beside its replacement": [
    up('new Thing("a", { kind: "one" }, { retainOnDelete: true });'),
    up('new Thing("a", { kind: "two" }, { retainOnDelete: true });'),
    destroy(),
  ],
  "changes of an ignored property are none": [
    up('new Thing("a", { value: 1, other: 1 });'),
    up('new Thing("a", { value: 2, other: 1 }, { ignoreChanges: ["value"] });'),
    up('new Thing("a", { value: 3, other: 2 }, { ignoreChanges: ["value"] });'),
    up('new Thing("a", { value: 3, other: 2 });'),
  ],
  "changes of an ignored path inside of a property are none": [
    up('new Thing("a", { value: { one: 1, two: 2 } });'),
    up('new Thing("a", { value: { one: 10, two: 2 } }, { ignoreChanges: ["value.one"] });'),
    up('new Thing("a", { value: { one: 10, two: 20 } }, { ignoreChanges: ["value.one"] });'),
  ],
  "changes of everything are ignored": [
    up('new Thing("a", { value: 1 });'),
    up('new Thing("a", { value: 2, kind: "other" }, { ignoreChanges: ["*"] });'),
  ],
  "changes of an ignored element, and of that property in all elements, are none": [
    up('new Thing("a", { list: [1, 2], maps: [{ x: 1, y: 1 }, { x: 1, y: 1 }] });'),
    up(
      'new Thing("a", { list: [9, 2], maps: [{ x: 9, y: 1 }, { x: 9, y: 1 }] }, { ignoreChanges: ["list[0]", "maps[*].x"] });',
    ),
    up(
      'new Thing("a", { list: [9, 3], maps: [{ x: 9, y: 2 }, { x: 9, y: 1 }] }, { ignoreChanges: ["list[0]", "maps[*].x"] });',
    ),
  ],
  "an ignored property stays away, or stays, as it was": [
    up('new Thing("a", { old: 1 });'),
    up('new Thing("a", { added: 1 }, { ignoreChanges: ["old", "added"] });'),
  ],
  "ignored changes do not replace": [
    up('new Thing("a", { kind: "one" });'),
    up('new Thing("a", { kind: "two" }, { ignoreChanges: ["kind"] });'),
  ],
  "what goes down with another is not deleted itself": [
    up('const a = new Thing("a", {}); new Thing("b", {}, { deletedWith: a });'),
    preview(""),
    up(),
  ],
  "what would go down with another is deleted when that one stays": [
    up('const a = new Thing("a", {}); new Thing("b", {}, { deletedWith: a });'),
    up('new Thing("a", {});'),
  ],
  "what goes down with another is destroyed with it": [
    up(
      'const a = new Thing("a", {}); new Thing("b", {}, { deletedWith: a }); new Thing("c", {}, { deletedWith: a });',
    ),
    destroy(),
  ],
  "outputs become secrets by being named": [
    up(
      'const a = new Thing("a", { value: 1 }, { additionalSecretOutputs: ["size"] }); exports.size = a.size;',
    ),
    up(),
    up('const a = new Thing("a", { value: 1 }); exports.size = a.size;'),
  ],
};
