import { destroy, preview, type Rules, up } from "../rule.ts";

export const FAILURES: Rules = {
  "a failed creation records nothing, and the next run tries again": [
    up('new Thing("a", { value: 1 });', { faults: { "create a": "fail" } }),
    up(),
  ],
  "dependents of a failed resource are not tried": [
    up(
      'const a = new Thing("a", {}); const b = new Thing("b", { value: a.id }); new Thing("c", { value: b.id });',
      {
        faults: { "create b": "fail" },
      },
    ),
    up(),
  ],
  "a failed run deletes nothing": [
    up('new Thing("a", {}); new Thing("b", {});'),
    up('const b = new Thing("b", {}); new Thing("c", {}, { dependsOn: b });', {
      faults: { "create c": "fail" },
    }),
    up(),
  ],
  "a failed update keeps the old state": [
    up('new Thing("a", { value: 1 });'),
    up('new Thing("a", { value: 2 });', { faults: { "update a": "fail" } }),
    up(),
  ],
  "an update that throws keeps the old state": [
    up('new Thing("a", { value: 1 });'),
    up('new Thing("a", { value: 2 });', { faults: { "update a": "throw" } }),
    up(),
  ],
  "a creation that throws records nothing": [
    up('new Thing("a", {});', { faults: { "create a": "throw" } }),
    up(),
  ],
  "a failed deletion keeps the resource": [
    up('const a = new Thing("a", {}); new Thing("b", { value: a.id }); new Thing("c", {});'),
    up("", { faults: { "delete b": "fail" } }),
    up(),
  ],
  "the next destroy continues after a failed one": [
    up('const a = new Thing("a", {}); new Thing("b", { value: a.id });'),
    destroy({ faults: { "delete a": "fail" } }),
    destroy(),
  ],
  "refused inputs fail the resource": [
    preview('new Thing("a", { value: "invalid" });'),
    up(),
    up('new Thing("a", { value: "valid" });'),
    up('new Thing("a", { value: "invalid" });'),
  ],
  "a check that throws fails its resource": [
    preview('new Thing("a", {});', { faults: { "check a": "throw" } }),
    up(undefined, { faults: { "check a": "throw" } }),
  ],
  "a diff that throws fails its resource": [
    up('new Thing("a", { value: 1 });'),
    preview('new Thing("a", { value: 2 });', { faults: { "diff a": "throw" } }),
    up(undefined, { faults: { "diff a": "fail" } }),
  ],
  "a partially created resource is kept and updated": [
    up('const a = new Thing("a", { value: 1 }); new Thing("b", { value: a.id });', {
      faults: { "create a": "partial" },
    }),
    preview(),
    up(),
    up(),
  ],
  "a partially created resource is deleted when undeclared": [
    up('new Thing("a", {});', { faults: { "create a": "partial" } }),
    up(""),
  ],
  "a partial update is repeated": [
    up('new Thing("a", { value: 1 });'),
    up('new Thing("a", { value: 2 });', { faults: { "update a": "partial" } }),
    up(),
  ],
  "a partially created replacement": [
    up('new Thing("a", { kind: "one" });'),
    up('new Thing("a", { kind: "two" });', { faults: { "create a": "partial" } }),
    up(),
  ],
  "a program that throws immediately changes nothing": [
    up('new Thing("a", {}); exports.out = 1;'),
    preview('throw new Error("broken");'),
    up(),
  ],
  "a program that throws later keeps its resources and deletes nothing": [
    up('new Thing("a", {}); exports.out = 1;'),
    up('new Thing("b", {}).id.apply(() => { throw new Error("broken"); });'),
    up('new Thing("b", {});'),
  ],
  "an unhandled rejection fails the program": [
    up('new Thing("a", {}); Promise.reject(new Error("broken"));'),
  ],
  "a program can throw an error without a stack trace": [
    up('throw new pulumi.RunError("please fix it");'),
    up('const a = new Thing("a", {}); throw new pulumi.ResourceError("please fix it", a);'),
  ],
  "a program that exits with an error": [up('new Thing("a", {}).id.apply(() => process.exit(3));')],
  "a program with a syntax error": [up("this is not JavaScript")],
  "a logged error doesn't fail the run": [
    up('pulumi.log.error("bad"); pulumi.log.warn("so so"); new Thing("a", {});'),
  ],
  "a failed run keeps the stack's outputs": [
    up('new Thing("a", {}); exports.one = 1; exports.two = 2;'),
    up('const b = new Thing("b", {}); exports.one = 10; exports.three = b.id;', {
      faults: { "create b": "fail" },
    }),
  ],
};
