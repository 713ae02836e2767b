import { destroy, preview, type Rules, refresh, up } from "../rule.ts";

const PAIR = 'const a = new Thing("a", { value: 1 }); new Thing("b", { value: a.id }); exports.id = a.id;';

export const REFRESHES: Rules = {
  "a refresh without drift changes nothing": [up(PAIR), refresh(), up()],
  "a refresh of an empty stack does nothing": [refresh()],
  "a refresh records drift, and an update reverts it": [
    up(PAIR),
    refresh({ meanwhile: { "a-1": { value: 5, added: "x" } } }),
    preview(),
    up(),
  ],
  "a refresh removes missing resources, and an update creates them again": [
    up('new Thing("a", { value: 1 });'),
    refresh({ meanwhile: { "a-1": null } }),
    up(),
  ],
  "a refresh removes all references to missing resources": [
    up(PAIR),
    refresh({ meanwhile: { "a-1": null } }),
    up(),
  ],
  "a missing parent keeps its children": [
    up('const a = new Thing("a", {}); new Thing("b", {}, { parent: a });'),
    refresh({ meanwhile: { "a-1": null } }),
  ],
  "a failed refresh keeps the old state": [up(PAIR), refresh({ faults: { "read a": "fail" } }), refresh()],
  "an update refreshes first with the option": [
    up(PAIR),
    up(undefined, { meanwhile: { "a-1": { value: 5 } }, options: { refresh: true } }),
    up(undefined, { meanwhile: { "b-1": null }, options: { refresh: true } }),
  ],
  "a preview refreshes first with the option and writes nothing": [
    up(PAIR),
    preview(undefined, { meanwhile: { "a-1": { value: 5 } }, options: { refresh: true } }),
    preview(),
  ],
  "a destroy refreshes first with the option": [
    up(PAIR),
    destroy({ meanwhile: { "b-1": null }, options: { refresh: true } }),
  ],
  "a refresh keeps secrets": [up('new Thing("a", { value: pulumi.secret("one") });'), refresh(), up()],
  "a refresh of a partially created resource clears its errors": [
    up('new Thing("a", { value: 1 });', { faults: { "create a": "partial" } }),
    refresh(),
    up(),
  ],
  "a refresh of protected, retained and ignored resources, and of components": [
    up(`
      const group = new Group("group");
      new Thing("a", { value: 1 }, { parent: group, protect: true });
      new Thing("b", { value: 1 }, { parent: group, retainOnDelete: true });
      new Thing("c", { value: 1 }, { parent: group, ignoreChanges: ["value"] });`),
    refresh({ meanwhile: { "a-1": null, "b-1": null, "c-1": { value: 2 } } }),
    up(),
  ],
};
