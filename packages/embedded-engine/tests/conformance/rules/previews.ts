import { preview, type Rules, up } from "../rule.ts";

export const PREVIEWS: Rules = {
  "values that are not known before a creation are unknown in a preview": [
    preview(`
      const a = new Thing("a", { value: 1 });
      const b = new Thing("b", { value: a.id, text: pulumi.interpolate\`of \${a.id}\` });
      exports.id = b.id;
      exports.size = b.size;`),
    up(),
    preview(),
  ],
  "resources declared in an apply of an unknown value appear in the update only": [
    preview('const a = new Thing("a", {}); a.id.apply((id) => new Thing("b", { value: id }));'),
    up(),
  ],
  "a replacement's id is unknown to its dependents": [
    up('const a = new Thing("a", { kind: "one" }); new Thing("b", { value: a.id }); exports.id = a.id;'),
    preview('const a = new Thing("a", { kind: "two" }); new Thing("b", { value: a.id }); exports.id = a.id;'),
  ],
  "an update's known outputs are known in a preview": [
    up('const a = new Thing("a", { value: "one" }); new Thing("b", { value: a.size });'),
    preview('const a = new Thing("a", { value: "other" }); new Thing("b", { value: a.size });'),
    preview('const a = new Thing("a", { value: "two" }); new Thing("b", { value: a.size });'),
  ],
  "an unknown secret is unknown and a secret": [
    preview('const a = new Thing("a", {}); new Thing("b", { value: pulumi.secret(a.id) });'),
    up(),
  ],
  "a preview writes nothing": [
    up('new Thing("a", {}); new Thing("b", { kind: "one" });'),
    preview('new Thing("b", { kind: "two" }); new Thing("c", {}); exports.out = 1;'),
    up('new Thing("a", {}); new Thing("b", { kind: "one" });'),
  ],
  "a program knows whether it is a preview": [
    preview('if (pulumi.runtime.isDryRun()) new Thing("preview", {}); else new Thing("update", {});'),
    up(),
  ],
};
