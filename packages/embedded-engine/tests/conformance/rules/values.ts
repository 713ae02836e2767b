import { preview, type Rules, up } from "../rule.ts";

/** An archive of a text and a folder's files, and the folder by itself. */
function archived(text: string): string {
  return `const { AssetArchive, FileArchive, StringAsset } = pulumi.asset;
    new Thing("a", { value: new AssetArchive({ "a.txt": new StringAsset("${text}"), site: new FileArchive("site") }) });
    new Thing("b", { value: new FileArchive("./site/") });`;
}

export const VALUES: Rules = {
  "null is kept and undefined is not": [
    up(
      'new Thing("a", { nothing: null, missing: undefined, list: [null, undefined], map: { nothing: null, missing: undefined } });',
    ),
    up(),
  ],
  "changes from absent to empty and back": [
    up('new Thing("a", {});'),
    up('new Thing("a", { text: "", list: [], map: {}, no: false, zero: 0 });'),
    up('new Thing("a", { text: null, list: null, map: null, no: null, zero: null });'),
    up('new Thing("a", {});'),
  ],
  "numbers keep their values": [
    up(
      'new Thing("a", { big: 9007199254740993, huge: 1.7976931348623157e308, tiny: 5e-324, negative: -0.1, zero: -0 });',
    ),
    up(),
  ],
  "strings keep every character": [
    up(
      'new Thing("a", { text: "ünïcödé 🙂 \\u2028 \\u0000 <&> \\\\ \\n\\t\\" $\\{x}", "key.with [odd] \\"signs\\"": "x", "": "empty" });',
    ),
    up(),
  ],
  "a long string and a deep value are kept": [
    up(
      'let deep = 1; for (let i = 0; i < 40; i++) deep = { deep }; new Thing("a", { deep, repeated: "0123456789".repeat(300) });',
    ),
    up(),
  ],
  "values of different types differ": [
    up('new Thing("a", { one: "1", yes: true });'),
    up('new Thing("a", { one: 1, yes: "true" });'),
  ],
  "the order of keys is no change, and the order of elements is": [
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
  "an archive changes with its content": [
    up(archived("one"), { files: { "site/index.html": "<h1>", "site/b/c.txt": "c", "site/.pulumi/x": "x" } }),
    up(),
    preview(archived("two")),
    up(undefined, { files: { "site/b/c.txt": "C" } }),
    up(undefined, { files: { "site/.pulumi/x": "X", "site/b.txt": "" } }),
  ],
  "an archive of archives": [
    up(
      `const { AssetArchive, FileArchive, FileAsset, StringAsset } = pulumi.asset;
      new Thing("a", { value: new AssetArchive({
        "z/last": new StringAsset("last"), "first": new FileAsset("site/index.html"), "site": new FileArchive("site"),
        "more/": new AssetArchive({ "site/index.html": new StringAsset("not the same") }),
        "site/index.html": new StringAsset("seen before"), "Upper": new StringAsset("upper"),
      }) });
      new Thing("empty", { value: new AssetArchive({}) });`,
      { files: { "site/index.html": "<h1>", [`site/${"long-name/".repeat(12)}file`]: "long" } },
    ),
    up(),
  ],
  "an archive file changes with its bytes": [
    up('new Thing("a", { value: new pulumi.asset.FileArchive("made.zip") });', {
      files: { "made.zip": "no zip at all" },
    }),
    up(undefined, { files: { "made.zip": "nor is this one" } }),
  ],
  "a nested change shows its path": [
    up('new Thing("a", { map: { list: [{ x: 1 }, { x: 2 }] } });'),
    preview('new Thing("a", { map: { list: [{ x: 1 }, { x: 3 }, { x: 4 }] } });'),
    up(),
  ],
};
