import { preview, type Rules, up } from "../rule.ts";

export const VALUES: Rules = {
  "null is kept and undefined is not": [
    up(
      'new Thing("a", { nothing: null, missing: undefined, list: [null, undefined], map: { nothing: null, missing: undefined } });',
    ),
    up(),
  ],
  "from nothing to empty and back are changes": [
    up('new Thing("a", {});'),
    up('new Thing("a", { text: "", list: [], map: {}, no: false, zero: 0 });'),
    up('new Thing("a", { text: null, list: null, map: null, no: null, zero: null });'),
    up('new Thing("a", {});'),
  ],
  "numbers keep their value": [
    up(
      'new Thing("a", { big: 9007199254740993, huge: 1.7976931348623157e308, tiny: 5e-324, negative: -0.1, zero: -0 });',
    ),
    up(),
  ],
  "texts keep every character": [
    up(
      'new Thing("a", { text: "ünïcödé 🙂 \\u2028 \\u0000 <&> \\\\ \\n\\t\\" $\\{x}", "key.with [odd] \\"signs\\"": "x", "": "empty" });',
    ),
    up(),
  ],
  "a long text and a deep value are kept": [
    up(
      'let deep = 1; for (let i = 0; i < 40; i++) deep = { deep }; new Thing("a", { deep, repeated: "0123456789".repeat(300) });',
    ),
    up(),
  ],
  "the type of a value is part of it": [
    up('new Thing("a", { one: "1", yes: true });'),
    up('new Thing("a", { one: 1, yes: "true" });'),
  ],
  "the order of keys is no change, that of elements is": [
    up('new Thing("a", { map: { one: 1, two: 2 }, list: [1, 2] });'),
    up('new Thing("a", { list: [1, 2], map: { two: 2, one: 1 } });'),
    up('new Thing("a", { list: [2, 1], map: { two: 2, one: 1 } });'),
  ],
  "a resource is a value": [
    up('const a = new Thing("a", { value: 1 }); new Thing("b", { of: a, groups: [new Group("group")] });'),
    up(),
  ],
  "an asset changes with its content": [
    up(
      'new Thing("a", { text: new pulumi.asset.StringAsset("one"), file: new pulumi.asset.FileAsset("package.json") });',
    ),
    up(),
    preview(
      'new Thing("a", { text: new pulumi.asset.StringAsset("two"), file: new pulumi.asset.FileAsset("package.json") });',
    ),
    up(),
  ],
  "a change deep inside shows where": [
    up('new Thing("a", { map: { list: [{ x: 1 }, { x: 2 }] } });'),
    preview('new Thing("a", { map: { list: [{ x: 1 }, { x: 3 }, { x: 4 }] } });'),
    up(),
  ],
};
