import { destroy, preview, type Rules, up } from "../rule.ts";

/** Two components side by side, the second of which waits for the first. */
const TREES = `
const left = new Group("left");
new Thing("left-leaf", {}, { parent: left });
const inner = new Group("inner", { parent: left });
new Thing("inner-leaf", {}, { parent: inner });
const right = new Group("right", { dependsOn: left });
new Thing("right-leaf", {}, { parent: right, dependsOn: left });`;

const CHAIN = `
const a = new Thing("a", { value: 1 });
const b = new Thing("b", { value: a.id });
new Thing("c", { value: b.size });`;

export const LIFECYCLE: Rules = {
  "a program without resources is a stack": [preview(""), up(), up(), destroy()],
  "a new resource is created": [preview('new Thing("a", { value: 1 });'), up()],
  "an unchanged resource is unchanged": [
    up('new Thing("a", { value: 1, list: [1, { deep: true }] });'),
    up(),
  ],
  "a changed resource is updated": [
    up('new Thing("a", { value: 1, other: "x" });'),
    preview('new Thing("a", { value: 2, more: [1] });'),
    up(),
  ],
  "undeclared resources are deleted": [
    up('new Thing("a", {}); new Thing("b", {});'),
    preview('new Thing("a", {});'),
    up(),
  ],
  "a program that declares nothing deletes everything": [up(CHAIN), preview(""), up()],
  "resources are created in the order of their dependencies": [up(CHAIN)],
  "resources are deleted in the reverse order, all by destroy": [up(CHAIN), destroy(), destroy()],
  "a destroyed stack is created again": [up(CHAIN), destroy(), up()],
  "an empty stack can be destroyed": [destroy()],
  "component trees are created from the root and deleted from the leaves": [up(TREES), up(), up("")],
  "component trees are destroyed from the leaves": [up(TREES), destroy()],
  "depending on a component means depending on its children": [
    up(`
      const group = new Group("group");
      new Thing("child", { value: 1 }, { parent: group });
      new Thing("after", {}, { dependsOn: group });`),
    up(""),
  ],
  "a component's outputs change without an operation": [
    up('new Group("group").registerOutputs({ one: 1, two: pulumi.secret("hidden") });'),
    up('new Group("group").registerOutputs({ one: 2 });'),
  ],
  "a component that registers no outputs has none": [up('new Group("group");'), up()],
  "a new dependency alone is no change": [
    up('new Thing("a", {}); new Thing("b", {});'),
    up('const a = new Thing("a", {}); new Thing("b", {}, { dependsOn: a });'),
    up(""),
  ],
  "a resource of a different type with the same name is a different resource": [
    up('new Thing("a", {});'),
    up('new pulumi.CustomResource("test:index:Other", "a", {});'),
  ],
  "two resources with the same name and type are an error": [
    preview('const a = new Thing("a", {}); new Thing("a", { value: 1 }, { dependsOn: a });'),
    up(),
  ],
  "the same name under two parents means two resources": [
    up(
      'const first = new Thing("a", {}); new Thing("a", {}, { parent: new Group("group"), dependsOn: first });',
    ),
  ],
  "a parent that was not registered is an error": [
    up(`
      const nowhere = new pulumi.DependencyResource("urn:pulumi:dev::trial::test:index:Group::nowhere");
      new Thing("a", {}, { parent: nowhere });`),
  ],
  "a resource under a new parent is a new resource": [
    up('new Group("group"); new Thing("a", {});'),
    up('new Thing("a", {}, { parent: new Group("group") });'),
  ],
  "timeouts are recorded and are no change": [
    up('new Thing("a", {});'),
    up('new Thing("a", {}, { customTimeouts: { create: "1m", update: "90s", delete: "1h" } });'),
    up('new Thing("a", {}, { customTimeouts: { create: "2m" } });'),
  ],
  "many resources are created in parallel": [
    up('for (let i = 0; i < 20; i++) new Thing("t" + i, { value: i });'),
    up(""),
  ],
};
