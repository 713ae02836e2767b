import { destroy, preview, type Rules, refresh, up } from "../rule.ts";

const THERE = { meanwhile: { "theirs-1": { value: 1, added: "x" } } };

export const ADOPTION: Rules = {
  "what belongs to somebody else is read and never changed": [
    preview(
      'const it = new Thing("it", {}, { id: "theirs-1" }); exports.id = it.id; new Thing("b", { value: it.size });',
      THERE,
    ),
    up(),
    up(),
    up(""),
  ],
  "what is read is refreshed and not destroyed": [
    up('new Thing("it", {}, { id: "theirs-1" });', THERE),
    refresh({ meanwhile: { "theirs-1": { value: 2 } } }),
    destroy(),
  ],
  "what is read and is not there is an error": [up('new Thing("it", {}, { id: "nowhere-1" });')],
  "what is read later is unknown in a preview": [
    preview('const a = new Thing("a", {}); new Thing("it", {}, { id: a.id });'),
    up(),
  ],
  "another thing is read under the same name": [
    up('new Thing("it", {}, { id: "theirs-1" });', THERE),
    up('new Thing("it", {}, { id: "theirs-2" });', { meanwhile: { "theirs-2": { value: 2 } } }),
  ],
  "what was read is created as one's own": [
    up('new Thing("it", {}, { id: "theirs-1" });', THERE),
    up('new Thing("it", { value: 3 });'),
  ],
  "what was created is given up for what is read": [
    up('new Thing("it", { value: 3 });', THERE),
    up('new Thing("it", {}, { id: "theirs-1" });'),
  ],
  "what exists is imported": [
    preview('new Thing("it", { value: 1, added: "x" }, { import: "theirs-1" });', THERE),
    up(),
    up(),
    up('new Thing("it", { value: 1, added: "x" });'),
    up(""),
  ],
  "what is imported and differs is updated": [
    preview('new Thing("it", { value: 2 }, { import: "theirs-1" });', THERE),
    up(),
    up(),
  ],
  "what is imported and can't become what is wanted is an error": [
    up('new Thing("it", { value: 1, added: "x", kind: "other" }, { import: "theirs-1" });', THERE),
  ],
  "what is imported and is not there is an error": [
    preview('new Thing("it", { value: 1 }, { import: "nowhere-1" });'),
    up(),
  ],
  "what is imported takes the place of what was created": [
    up('new Thing("it", { value: 1, added: "x" });', THERE),
    preview('new Thing("it", { value: 1, added: "x" }, { import: "theirs-1" });'),
    up(),
  ],
};
