import { destroy, preview, type Rules, refresh, up } from "../rule.ts";

const THERE = { meanwhile: { "theirs-1": { value: 1, added: "x" } } };

export const ADOPTION: Rules = {
  "an external resource is read and never changed": [
    preview(
      'const it = new Thing("it", {}, { id: "theirs-1" }); exports.id = it.id; new Thing("b", { value: it.size });',
      THERE,
    ),
    up(),
    up(),
    up(""),
  ],
  "an external resource is refreshed and not destroyed": [
    up('new Thing("it", {}, { id: "theirs-1" });', THERE),
    refresh({ meanwhile: { "theirs-1": { value: 2 } } }),
    destroy(),
  ],
  "reading a missing resource is an error": [up('new Thing("it", {}, { id: "nowhere-1" });')],
  "a read with an unknown id is unknown in a preview": [
    preview('const a = new Thing("a", {}); new Thing("it", {}, { id: a.id });'),
    up(),
  ],
  "a different resource is read under the same name": [
    up('new Thing("it", {}, { id: "theirs-1" });', THERE),
    up('new Thing("it", {}, { id: "theirs-2" });', { meanwhile: { "theirs-2": { value: 2 } } }),
  ],
  "a read resource is replaced by an owned one": [
    up('new Thing("it", {}, { id: "theirs-1" });', THERE),
    up('new Thing("it", { value: 3 });'),
  ],
  "an owned resource is replaced by a read one": [
    up('new Thing("it", { value: 3 });', THERE),
    up('new Thing("it", {}, { id: "theirs-1" });'),
  ],
  "an existing resource is imported": [
    preview('new Thing("it", { value: 1, added: "x" }, { import: "theirs-1" });', THERE),
    up(),
    up(),
    up('new Thing("it", { value: 1, added: "x" });'),
    up(""),
  ],
  "an imported resource with differences is updated": [
    preview('new Thing("it", { value: 2 }, { import: "theirs-1" });', THERE),
    up(),
    up(),
  ],
  "importing a resource that would be replaced is an error": [
    up('new Thing("it", { value: 1, added: "x", kind: "other" }, { import: "theirs-1" });', THERE),
  ],
  "importing a missing resource is an error": [
    preview('new Thing("it", { value: 1 }, { import: "nowhere-1" });'),
    up(),
  ],
  "an imported resource replaces a created one": [
    up('new Thing("it", { value: 1, added: "x" });', THERE),
    preview('new Thing("it", { value: 1, added: "x" }, { import: "theirs-1" });'),
    up(),
  ],
};
