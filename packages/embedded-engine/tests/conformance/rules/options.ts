import { destroy, preview, type Rules, up } from "../rule.ts";

export const OPTIONS: Rules = {
  "a protected resource is not deleted until it is unprotected": [
    up('new Thing("a", {}, { protect: true }); new Thing("b", {});'),
    preview('new Thing("b", {});'),
    up(),
    up('new Thing("a", {}); new Thing("b", {});'),
    up('new Thing("b", {});'),
  ],
  "a protected resource is not replaced": [
    up('new Thing("a", { kind: "one" }, { protect: true });'),
    preview('new Thing("a", { kind: "two" }, { protect: true });'),
    up(),
    up('new Thing("a", { kind: "two" });'),
  ],
  "a protected resource is updated": [
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
  "destroy stops at protected resources, unless they are ignored": [
    up('const a = new Thing("a", {}, { protect: true }); new Thing("b", { value: a.id });'),
    destroy(),
    destroy({ options: { ignoreProtect: true } }),
  ],
  "a retained resource is removed from the state only": [
    up('new Thing("a", {}, { retainOnDelete: true }); new Thing("b", {});'),
    up(""),
  ],
  "a retained resource is kept beside its replacement": [
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
  "changes of an ignored path inside a property are none": [
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
  "an ignored property stays absent or present": [
    up('new Thing("a", { old: 1 });'),
    up('new Thing("a", { added: 1 }, { ignoreChanges: ["old", "added"] });'),
  ],
  "ignored changes do not replace": [
    up('new Thing("a", { kind: "one" });'),
    up('new Thing("a", { kind: "two" }, { ignoreChanges: ["kind"] });'),
  ],
  "a resource with deletedWith is not deleted itself": [
    up('const a = new Thing("a", {}); new Thing("b", {}, { deletedWith: a });'),
    preview(""),
    up(),
  ],
  "a resource with deletedWith is deleted when the other is kept": [
    up('const a = new Thing("a", {}); new Thing("b", {}, { deletedWith: a });'),
    up('new Thing("a", {});'),
  ],
  "a resource with deletedWith is destroyed with the other": [
    up(
      'const a = new Thing("a", {}); new Thing("b", {}, { deletedWith: a }); new Thing("c", {}, { deletedWith: a });',
    ),
    destroy(),
  ],
  "named outputs become secrets": [
    up(
      'const a = new Thing("a", { value: 1 }, { additionalSecretOutputs: ["size"] }); exports.size = a.size;',
    ),
    up(),
    up('const a = new Thing("a", { value: 1 }); exports.size = a.size;'),
  ],
};
