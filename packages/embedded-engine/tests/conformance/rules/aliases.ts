import { preview, type Rules, up } from "../rule.ts";

export const ALIASES: Rules = {
  "a resource is renamed by an alias of its name": [
    up('new Thing("old", { value: 1 });'),
    preview('new Thing("new", { value: 1 }, { aliases: [{ name: "old" }] });'),
    up(),
    up('new Thing("new", { value: 1 });'),
  ],
  "a renamed resource is updated too": [
    up('new Thing("old", { value: 1 });'),
    up('new Thing("new", { value: 2 }, { aliases: [{ name: "old" }] });'),
  ],
  "a renamed resource is replaced too": [
    up('const a = new Thing("old", { kind: "one" }); new Thing("b", { value: a.id });'),
    up(
      'const a = new Thing("new", { kind: "two" }, { aliases: [{ name: "old" }] }); new Thing("b", { value: a.id });',
    ),
  ],
  "dependents of a renamed resource are unchanged": [
    up('const a = new Thing("old", {}); new Thing("b", { value: a.id }, { dependsOn: a });'),
    up(
      'const a = new Thing("new", {}, { aliases: [{ name: "old" }] }); new Thing("b", { value: a.id }, { dependsOn: a });',
    ),
  ],
  "a resource moves into a component by an alias of its parent": [
    up('new Thing("a", {});'),
    up(
      'new Thing("a", {}, { parent: new Group("group"), aliases: [{ parent: pulumi.rootStackResource }] });',
    ),
  ],
  "a resource moves out of a component by an alias of its parent": [
    up('const group = new Group("group"); new Thing("a", {}, { parent: group });'),
    up('const group = new Group("group"); new Thing("a", {}, { aliases: [{ parent: group }] });'),
  ],
  "a resource changes its type by an alias": [
    up('new pulumi.CustomResource("test:index:Old", "a", { value: 1 });'),
    up('new Thing("a", { value: 1 }, { aliases: [{ type: "test:index:Old" }] });'),
  ],
  "a resource is found by its former URN": [
    up('new Thing("old", {});'),
    up('new Thing("new", {}, { aliases: ["urn:pulumi:dev::trial::test:index:Thing::old"] });'),
  ],
  "children follow their renamed component": [
    up(
      'const group = new Group("old"); new Thing("old-a", {}, { parent: group }); new Thing("b", {}, { parent: group });',
    ),
    up(`
      const group = new Group("new", { aliases: [{ name: "old" }] });
      new Thing("new-a", {}, { parent: group });
      new Thing("b", {}, { parent: group });`),
  ],
  "grandchildren follow a renamed component": [
    up(
      'const inner = new Group("inner", { parent: new Group("old") }); new Thing("a", {}, { parent: inner });',
    ),
    up(`
      const outer = new Group("new", { aliases: [{ name: "old" }] });
      new Thing("a", {}, { parent: new Group("inner", { parent: outer }) });`),
  ],
  "aliases that match nothing are ignored": [
    up(
      'new Thing("a", {}, { aliases: [{ name: "other" }, "urn:pulumi:dev::trial::test:index:Thing::never"] });',
    ),
    up(),
  ],
  "two resources with the same alias are an error": [
    up('new Thing("old", {});'),
    up(`
      const one = new Thing("one", {}, { aliases: [{ name: "old" }] });
      new Thing("two", {}, { aliases: [{ name: "old" }], dependsOn: one });`),
  ],
  "a new resource with the name of a removed one": [
    up('new Thing("a", { value: 1 }); new Thing("b", { value: 2 });'),
    up('new Thing("b", { value: 1 }, { aliases: [{ name: "a" }] });'),
  ],
};
