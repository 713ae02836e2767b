import { destroy, type Rules, type Step, up } from "../rule.ts";

/** Goes on after a failure with what does not need what failed. */
function on(program: string | undefined, ...failing: readonly string[]): Step {
  return up(program, { faults: faultsOf(failing), options: { continueOnError: true } });
}

function destroyOn(...failing: readonly string[]): Step {
  return destroy({ faults: faultsOf(failing), options: { continueOnError: true } });
}

function faultsOf(failing: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(failing.map((operation) => [operation, "fail"]));
}

export const CONTINUATION: Rules = {
  "independent resources continue after a failure with the option": [
    on(
      'const a = new Thing("a", {}); new Thing("b", { value: a.id }); const c = new Thing("c", {}); new Thing("d", { value: c.id });',
      "create a",
    ),
    up(),
  ],
  "indirect dependents of a failed resource wait": [
    up(
      'const a = new Thing("a", { value: 1 }); const b = new Thing("b", { value: a.size }); new Thing("c", { of: b.size, value: 1 }); new Thing("d", { value: 1 });',
    ),
    on(
      'const a = new Thing("a", { value: 22 }); const b = new Thing("b", { value: a.size }); new Thing("c", { of: b.size, value: 2 }); new Thing("d", { value: 2 });',
      "update a",
    ),
    up(),
  ],
  "children and dependents of a failed resource wait": [
    on(
      'const a = new Thing("a", {}); new Thing("b", {}, { parent: a }); new Thing("c", {}, { dependsOn: a }); new Thing("d", {}, { deletedWith: a }); const group = new Group("group"); new Thing("e", {}, { parent: group });',
      "create a",
    ),
    up(),
  ],
  "dependents of a component wait for a failed child": [
    on(
      'const group = new Group("group"); new Thing("a", {}, { parent: group }); new Thing("b", {}, { parent: group }); new Thing("c", {}, { dependsOn: group });',
      "create a",
    ),
    up(),
  ],
  "a run that continues deletes undeclared resources": [
    up('new Thing("a", {}); new Thing("b", {});'),
    on('new Thing("a", {}); new Thing("c", {});', "create c"),
    up(),
  ],
  "a run that continues keeps dependencies of a failed resource": [
    up('const a = new Thing("a", {}); new Thing("b", { value: a.id }); new Thing("c", {});'),
    on('new Thing("b", { value: "none" });', "update b"),
    up(),
  ],
  "a waiting resource still needs an undeclared one": [
    up(
      'const a = new Thing("a", {}); const b = new Thing("b", { value: 1 }); new Thing("c", { value: a.id, of: b.size });',
    ),
    on('const b = new Thing("b", { value: 22 }); new Thing("c", { of: b.size });', "update b"),
    up(),
  ],
  "a failed deletion stops only its dependencies": [
    up(
      'const a = new Thing("a", {}); const b = new Thing("b", { value: a.id }); new Thing("c", { value: b.id }); const d = new Thing("d", {}); new Thing("e", { value: d.id });',
    ),
    on("", "delete b"),
    up(),
  ],
  "a destroy that continues": [
    up(
      'const a = new Thing("a", {}); const b = new Thing("b", { value: a.id }); new Thing("c", { value: b.id }); const d = new Thing("d", {}); new Thing("e", { value: d.id });',
    ),
    destroyOn("delete b"),
    destroy(),
  ],
  "a destroy that continues past protected resources": [
    up(
      'const a = new Thing("a", {}); new Thing("b", { value: a.id }, { protect: true }); new Thing("c", {});',
    ),
    destroyOn(),
    destroy({ options: { ignoreProtect: true } }),
  ],
  "a program that throws ends a run that continues": [
    up('new Thing("old", {});'),
    on('new Thing("a", {}).urn.apply(() => { throw new Error("broken"); });', "create a"),
  ],
  "refused inputs end a run that continues": [
    up('new Thing("old", {});'),
    on('new Thing("a", { value: "invalid" });'),
  ],
  "a mandatory policy ends a run that continues": [
    up('new Thing("old", {});'),
    up('new Thing("a", { value: "bad" });', {
      options: { continueOnError: true },
      packs: {
        pack: `{ policies: [{ name: "no", description: "No.", enforcementLevel: "mandatory", validateResource: (args, report) => {
          if (args.props.value === "bad") report("against bad");
        } }] }`,
      },
    }),
  ],
  "a failed replacement keeps the old resource and its dependents": [
    up(
      'const a = new Thing("a", { kind: "one" }); new Thing("b", { value: a.id }); new Thing("c", { value: 1 });',
    ),
    on(
      'const a = new Thing("a", { kind: "two" }); new Thing("b", { value: a.id }); new Thing("c", { value: 2 });',
      "create a",
    ),
    up(),
  ],
  "a replaced resource is kept while a dependent fails to update": [
    up(
      'const a = new Thing("a", { kind: "one" }); new Thing("b", { value: a.id }); new Thing("c", { value: 1 });',
    ),
    on(
      'const a = new Thing("a", { kind: "two" }); new Thing("b", { value: a.id }); new Thing("c", { value: 2 });',
      "update b",
    ),
    up(),
  ],
  "a resource is replaced while a dependent waits": [
    up(
      'const a = new Thing("a", { kind: "one" }); const b = new Thing("b", { value: 1 }); new Thing("c", { value: a.id, of: b.size });',
    ),
    on(
      'const a = new Thing("a", { kind: "two" }); const b = new Thing("b", { value: 22 }); new Thing("c", { value: a.id, of: b.size });',
      "update b",
    ),
    up(),
  ],
  "a waiting resource isn't deleted before its replacement": [
    up('const b = new Thing("b", { value: 1 }); new Thing("c", { kind: "one" });'),
    on(
      'const b = new Thing("b", { value: 22 }); new Thing("c", { kind: "two", of: b.size }, { deleteBeforeReplace: true });',
      "update b",
    ),
    up(),
  ],
  "outputs of failed resources are unknown": [
    up('const a = new Thing("a", { value: 1 }); exports.a = a.size; exports.b = 1;'),
    on(
      'const a = new Thing("a", { value: 22 }); exports.a = a.size; exports.b = 2; exports.c = a.id;',
      "update a",
    ),
    on(
      'const a = new Thing("a", { value: 22 }); const d = new Thing("d", { value: 1 }); exports.a = a.size; exports.d = d.id; exports.e = { in: d.size };',
      "create d",
    ),
    up(),
  ],
  "dependents of a partially created resource wait": [
    up('const a = new Thing("a", { value: 1 }); new Thing("b", { value: a.id }); new Thing("c", {});', {
      faults: { "create a": "partial" },
      options: { continueOnError: true },
    }),
    up(),
  ],
  "a failed read stops only dependents": [
    up(
      'Thing.get = (name, id) => new Thing(name, {}, { id }); const a = Thing.get("a", "a-9"); new Thing("b", { value: a.id }); new Thing("c", {});',
      { options: { continueOnError: true } },
    ),
    up(undefined, { meanwhile: { "a-9": { value: 1 } } }),
  ],
  "resources declared in an apply of a failed output are deleted": [
    up('const a = new Thing("a", { value: 1 }); a.size.apply(() => new Thing("b", {}));'),
    on('const a = new Thing("a", { value: 22 }); a.size.apply(() => new Thing("b", {}));', "update a"),
    up(),
  ],
  "a resource whose update failed keeps its former name": [
    up('new Thing("a", { value: 1 }); new Thing("c", { value: 1 });'),
    on(
      'const b = new Thing("b", { value: 2 }, { aliases: [{ name: "a" }] }); new Thing("c", { value: 2 });',
      "update b",
    ),
    up(),
  ],
  "a failed import stops only dependents": [
    up(
      'const a = new Thing("a", { value: 1 }, { import: "a-9" }); new Thing("b", { value: a.id }); new Thing("c", {});',
      { options: { continueOnError: true } },
    ),
  ],
  "a run with targets continues": [
    up(
      'const a = new Thing("a", { value: 1 }); new Thing("b", { value: a.size }); new Thing("c", { value: 1 });',
    ),
    up(
      'const a = new Thing("a", { value: 22 }); new Thing("b", { value: a.size }); new Thing("c", { value: 22 });',
      {
        faults: { "update a": "fail" },
        options: { continueOnError: true, targets: ["**::a", "**::b"] },
      },
    ),
    up(),
  ],
  "waiting resources are checked": [
    on('const a = new Thing("a", {}); new Thing("b", { value: "invalid", of: a.id });', "create a"),
  ],
  "a failed refresh before an update ends the run": [
    up('new Thing("a", { value: 1 }); new Thing("b", { value: 1 });'),
    up('new Thing("a", { value: 1 }); new Thing("b", { value: 2 });', {
      faults: { "read a": "fail" },
      options: { continueOnError: true, refresh: true },
    }),
  ],
  "a waiting component has no outputs": [
    on(
      'const a = new Thing("a", {}); const group = new Group("group", { dependsOn: a }); new Thing("b", {}, { parent: group }); group.registerOutputs({ a: a.id });',
      "create a",
    ),
  ],
  "a component's outputs of failed resources are unknown": [
    on(
      'const group = new Group("group"); const a = new Thing("a", { value: 1 }, { parent: group }); group.registerOutputs({ a: a.id, size: a.size }); new Thing("c", {});',
      "create a",
    ),
    up(),
  ],
  "other deletions continue past a protected resource": [
    up(
      'const a = new Thing("a", {}); new Thing("b", { value: a.id }, { protect: true }); const c = new Thing("c", {}); new Thing("d", { value: c.id });',
    ),
    up(""),
  ],
};
