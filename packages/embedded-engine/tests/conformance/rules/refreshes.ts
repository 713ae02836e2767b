import { destroy, preview, type Rules, refresh, up } from "../rule.ts";

const PAIR = 'const a = new Thing("a", { value: 1 }); new Thing("b", { value: a.id }); exports.id = a.id;';

export const REFRESHES: Rules = {
  "a refresh of what is as it was changes nothing": [up(PAIR), refresh(), up()],
  "a refresh of an empty stack does nothing": [refresh()],
  "a refresh takes over what somebody changed, and an update changes it back": [
    up(PAIR),
    refresh({ meanwhile: { "a-1": { value: 5, added: "x" } } }),
    preview(),
    up(),
  ],
  "a refresh forgets what is gone, and an update makes it again": [
    up('new Thing("a", { value: 1 });'),
    refresh({ meanwhile: { "a-1": null } }),
    up(),
  ],
  "a refresh forgets what is gone wherever it is mentioned": [
    up(PAIR),
    refresh({ meanwhile: { "a-1": null } }),
    up(),
  ],
  "a parent that is gone leaves its children": [
    up('const a = new Thing("a", {}); new Thing("b", {}, { parent: a });'),
    refresh({ meanwhile: { "a-1": null } }),
  ],
  "a refresh that can't read keeps what was": [
    up(PAIR),
    refresh({ faults: { "read a": "fail" } }),
    refresh(),
  ],
  "an update refreshes first when it is told so": [
    up(PAIR),
    up(undefined, { meanwhile: { "a-1": { value: 5 } }, options: { refresh: true } }),
    up(undefined, { meanwhile: { "b-1": null }, options: { refresh: true } }),
  ],
  "a preview refreshes first when it is told so, and writes nothing": [
    up(PAIR),
    preview(undefined, { meanwhile: { "a-1": { value: 5 } }, options: { refresh: true } }),
    preview(),
  ],
  "a destroy refreshes first when it is told so": [
    up(PAIR),
    destroy({ meanwhile: { "b-1": null }, options: { refresh: true } }),
  ],
  "a refresh keeps secrets": [up('new Thing("a", { value: pulumi.secret("one") });'), refresh(), up()],
  "a refresh of what was made but not finished says so no more": [
    up('new Thing("a", { value: 1 });', { faults: { "create a": "partial" } }),
    refresh(),
    up(),
  ],
  "a refresh of what is protected, retained, ignored and in a component": [
    up(`
      const group = new Group("group");
      new Thing("a", { value: 1 }, { parent: group, protect: true });
      new Thing("b", { value: 1 }, { parent: group, retainOnDelete: true });
      new Thing("c", { value: 1 }, { parent: group, ignoreChanges: ["value"] });`),
    refresh({ meanwhile: { "a-1": null, "b-1": null, "c-1": { value: 2 } } }),
    up(),
  ],
};
