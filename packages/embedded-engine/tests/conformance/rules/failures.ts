import { destroy, preview, type Rules, up } from "../rule.ts";

export const FAILURES: Rules = {
  "a creation that fails leaves nothing, and the next run tries again": [
    up('new Thing("a", { value: 1 });', { faults: { "create a": "fail" } }),
    up(),
  ],
  "what needs a failed resource is not tried": [
    up(
      'const a = new Thing("a", {}); const b = new Thing("b", { value: a.id }); new Thing("c", { value: b.id });',
      {
        faults: { "create b": "fail" },
      },
    ),
    up(),
  ],
  "a run that fails deletes nothing": [
    up('new Thing("a", {}); new Thing("b", {});'),
    up('const b = new Thing("b", {}); new Thing("c", {}, { dependsOn: b });', {
      faults: { "create c": "fail" },
    }),
    up(),
  ],
  "an update that fails keeps what was": [
    up('new Thing("a", { value: 1 });'),
    up('new Thing("a", { value: 2 });', { faults: { "update a": "fail" } }),
    up(),
  ],
  "an update that throws keeps what was": [
    up('new Thing("a", { value: 1 });'),
    up('new Thing("a", { value: 2 });', { faults: { "update a": "throw" } }),
    up(),
  ],
  "a creation that throws leaves nothing": [
    up('new Thing("a", {});', { faults: { "create a": "throw" } }),
    up(),
  ],
  "a deletion that fails keeps the resource": [
    up('const a = new Thing("a", {}); new Thing("b", { value: a.id }); new Thing("c", {});'),
    up("", { faults: { "delete b": "fail" } }),
    up(),
  ],
  "a destroy that fails goes on by the next": [
    up('const a = new Thing("a", {}); new Thing("b", { value: a.id });'),
    destroy({ faults: { "delete a": "fail" } }),
    destroy(),
  ],
  "inputs that the provider refuses fail the resource": [
    preview('new Thing("a", { value: "invalid" });'),
    up(),
    up('new Thing("a", { value: "valid" });'),
    up('new Thing("a", { value: "invalid" });'),
  ],
  "a check that throws fails the resource": [
    preview('new Thing("a", {});', { faults: { "check a": "throw" } }),
    up(undefined, { faults: { "check a": "throw" } }),
  ],
  "a comparison that throws fails the resource": [
    up('new Thing("a", { value: 1 });'),
    preview('new Thing("a", { value: 2 });', { faults: { "diff a": "throw" } }),
    up(undefined, { faults: { "diff a": "fail" } }),
  ],
  "what was made but not finished is kept, and mended by an update": [
    up('const a = new Thing("a", { value: 1 }); new Thing("b", { value: a.id });', {
      faults: { "create a": "partial" },
    }),
    preview(),
    up(),
    up(),
  ],
  "what was made but not finished is deleted when it goes": [
    up('new Thing("a", {});', { faults: { "create a": "partial" } }),
    up(""),
  ],
  "an update that was not finished is done again": [
    up('new Thing("a", { value: 1 });'),
    up('new Thing("a", { value: 2 });', { faults: { "update a": "partial" } }),
    up(),
  ],
  "a replacement that was not finished": [
    up('new Thing("a", { kind: "one" });'),
    up('new Thing("a", { kind: "two" });', { faults: { "create a": "partial" } }),
    up(),
  ],
  "a program that throws at once changes nothing": [
    up('new Thing("a", {}); exports.out = 1;'),
    preview('throw new Error("broken");'),
    up(),
  ],
  "a program that throws after it declared something keeps that, and deletes nothing": [
    up('new Thing("a", {}); exports.out = 1;'),
    up('new Thing("b", {}).id.apply(() => { throw new Error("broken"); });'),
    up('new Thing("b", {});'),
  ],
  "a promise that nobody waits for fails the program": [
    up('new Thing("a", {}); Promise.reject(new Error("broken"));'),
  ],
  "a program may say plainly what went wrong": [
    up('throw new pulumi.RunError("please mend it");'),
    up('const a = new Thing("a", {}); throw new pulumi.ResourceError("please mend it", a);'),
  ],
  "a program that ends by itself with an error": [up('new Thing("a", {}).id.apply(() => process.exit(3));')],
  "a program that is no JavaScript": [up("this is not JavaScript")],
  "an error that is only logged fails nothing": [
    up('pulumi.log.error("bad"); pulumi.log.warn("so so"); new Thing("a", {});'),
  ],
  "a failed run keeps the stack's outputs": [
    up('new Thing("a", {}); exports.one = 1; exports.two = 2;'),
    up('const b = new Thing("b", {}); exports.one = 10; exports.three = b.id;', {
      faults: { "create b": "fail" },
    }),
  ],
};
