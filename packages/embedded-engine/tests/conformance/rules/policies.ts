import { destroy, preview, type Rules, refresh, up } from "../rule.ts";

/** A policy against things whose value is a word. What it has against them says so, and is compared. */
function against(word: string, level?: string): string {
  const enforced = level === undefined ? "" : `enforcementLevel: "${level}", `;
  return `{ name: "no-${word}", description: "Nothing ${word}.", ${enforced}validateResource: (args, report) => {
    if (args.props.value === "${word}") report("against ${word}");
  } }`;
}

/** Makes one word of another. */
function mending(broken: string, mended: string, more = ""): string {
  return `{ name: "mend-${broken}", description: "Mended.", enforcementLevel: "remediate", remediateResource: (args) =>
    args.props.value === "${broken}" ? { ...args.props, value: "${mended}" } : undefined, ${more} }`;
}

/** Two policies that say what they were told: of a resource, and of the whole stack's. */
function telling(ofResource: string, ofStack: string): string {
  const text = (what: string) => `"against " + JSON.stringify(${what}, (key, value) =>
    value instanceof Object && !Array.isArray(value) ? Object.fromEntries(Object.entries(value).sort()) : value)`;
  return `{ name: "tell", description: "Tells.", enforcementLevel: "advisory",
    validateResource: (args, report) => report(${text(ofResource)}),
  }, { name: "tell-all", description: "Tells.", enforcementLevel: "advisory",
    validateStack: (args, report) => args.resources.forEach((resource) => report(${text(ofStack)}, resource.urn)),
  }`;
}

/** A policy about the stack as a whole: how many things it may have. */
function atMost(things: number, level: string): string {
  return `{ name: "few", description: "Few things.", enforcementLevel: "${level}", validateStack: (args, report) => {
    const found = args.resources.filter(({ type }) => type === "test:index:Thing");
    if (found.length > ${things}) report("against " + found.length + " things");
  } }`;
}

/** A policy with a configuration, which it tells. */
const CONFIGURED = `{
  name: "set", description: "Set.", enforcementLevel: "advisory",
  configSchema: { properties: { word: { type: "string", default: "bad" }, most: { type: "number" } } },
  validateResource: (args, report) => report("against " + JSON.stringify(args.getConfig())),
}`;

function pack(...policies: readonly string[]): string {
  return `{ policies: [${policies.join(", ")}] }`;
}

/** A thing that comes after another, which is good. */
function after(value: string): string {
  return `const first = new Thing("first", { value: "good" }); new Thing("a", { value: "${value}", of: first.id });`;
}

const thing = (value: string, name = "a") => `new Thing("${name}", { value: "${value}" });`;

export const POLICIES: Rules = {
  "a resource that violates a mandatory policy is not created": [
    up(after("bad"), { packs: { pack: pack(against("bad", "mandatory")) } }),
    up(after("good")),
    up(after("bad")),
  ],
  "a preview shows all violations of a mandatory policy": [
    preview(`${thing("bad", "a")} ${thing("bad", "b")} ${thing("good", "c")}`, {
      packs: { pack: pack(against("bad", "mandatory")) },
    }),
  ],
  "a resource that violates an advisory policy is created": [
    preview(thing("odd"), { packs: { pack: pack(against("odd", "advisory")) } }),
    up(),
    up(),
  ],
  "a resource is remediated before its creation": [
    preview(thing("broken"), {
      packs: { pack: pack(mending("broken", "whole"), against("broken", "mandatory")) },
    }),
    up(),
    up(),
    up(undefined, { packs: {} }),
  ],
  "a remediation that leaves a violation": [
    up(thing("broken"), {
      packs: {
        pack: pack(
          mending(
            "broken",
            "bad",
            'validateResource: (args, report) => { if (args.props.value === "bad") report("against bad"); }',
          ),
        ),
      },
    }),
  ],
  // The CLI asks packs in the order in which they are up.
  "remediations by several policies and packs": [
    up(`${thing("one", "a")} ${thing("five", "b")}`, {
      packs: {
        first: pack(mending("one", "two"), mending("two", "three")),
        second: pack(mending("five", "six")),
      },
    }),
  ],
  "a failed remediation fails the run": [
    up(thing("broken"), {
      packs: {
        pack: pack(
          '{ name: "mend", description: "Mended.", enforcementLevel: "remediate", remediateResource: () => { throw new Error("against remedies"); } }',
        ),
      },
    }),
  ],
  "a policy that throws fails the run": [
    up(thing("good"), {
      packs: {
        pack: pack(
          '{ name: "fail", description: "Fails.", enforcementLevel: "advisory", validateResource: (args) => { if (args.type === "test:index:Thing") throw new Error("against itself"); } }',
        ),
      },
    }),
  ],
  "the whole stack violates an advisory policy": [
    preview(`${thing("x", "a")} ${thing("x", "b")}`, { packs: { pack: pack(atMost(1, "advisory")) } }),
    up(),
  ],
  "the whole stack violates a mandatory policy at the end": [
    preview(`${thing("x", "a")} ${thing("x", "b")}`, { packs: { pack: pack(atMost(1, "mandatory")) } }),
    up(),
    up(thing("x")),
  ],
  "the stack of a failed run is not checked": [
    up(`${thing("x", "a")} ${thing("x", "b")}`, {
      packs: { pack: pack(atMost(0, "mandatory")) },
      faults: { "create b": "fail" },
    }),
  ],
  "policies without a level have the level of their pack": [
    up(`${thing("bad", "a")} ${thing("odd", "b")}`, {
      packs: {
        pack: `{ enforcementLevel: "advisory", policies: [${against("bad")}, ${against("odd", "disabled")}] }`,
      },
    }),
  ],
  "policies and packs without a level are advisory": [
    up(thing("bad"), { packs: { pack: pack(against("bad")) } }),
  ],
  "a policy is configured by its defaults": [up(thing("x"), { packs: { pack: pack(CONFIGURED) } })],
  "a pack configures its policies, and changes their levels": [
    up(thing("bad"), {
      packs: {
        pack: `${pack(CONFIGURED, against("bad", "disabled"))}, { set: { most: 3 }, "no-bad": "mandatory" }`,
      },
    }),
  ],
  "a configuration without a level makes its policy advisory": [
    up(thing("bad"), {
      packs: { pack: `${pack(against("bad", "mandatory"))}, { "no-bad": { of: "words" } }` },
    }),
  ],
  "a pack configures all its policies at once": [
    up(thing("bad"), {
      packs: { pack: `${pack(CONFIGURED, against("bad", "mandatory"))}, { all: "advisory" }` },
    }),
  ],
  "a configuration that the policy's schema refuses": [
    up(thing("x"), { packs: { pack: `${pack(CONFIGURED)}, { set: { most: "three" } }` } }),
    up(undefined, {
      packs: { pack: pack(CONFIGURED.replace("properties:", 'required: ["most"], properties:')) },
    }),
  ],
  "a file overrides the configuration of policies and packs": [
    up(thing("bad"), {
      packs: {
        pack: `${pack(CONFIGURED, against("bad", "mandatory"))}, { set: { word: "worse", most: 3 } }`,
      },
      packConfigs: { pack: '{ "set": { "most": 4 }, "no-bad": "advisory" }' },
    }),
    up(thing("x"), { packConfigs: { pack: '{ "no-bad": { "enforcementLevel": "disabled" } }' } }),
    up(thing("bad")),
  ],
  "a file configures all policies, and some differently": [
    up(`${thing("bad", "a")} ${thing("odd", "b")}`, {
      packs: {
        pack: `${pack(against("bad", "mandatory"), against("odd", "mandatory"))}, { "no-odd": "mandatory" }`,
      },
      packConfigs: { pack: '{ "all": "disabled", "no-odd": { "enforcementLevel": "advisory" } }' },
    }),
  ],
  "a file with values keeps a policy's level": [
    preview(thing("bad"), {
      packs: { pack: pack(against("bad", "mandatory")) },
      packConfigs: { pack: '{ "no-bad": { "of": "words" } }' },
    }),
  ],
  "each pack has its own file": [
    up(thing("bad"), {
      packs: {
        first: pack(against("bad", "mandatory")),
        second: pack(against("bad", "mandatory").replace("no-bad", "never-bad")),
      },
      packConfigs: { second: '{ "all": "disabled" }' },
    }),
    up(undefined, { packConfigs: { first: '{ "no-bad": "advisory" }' } }),
  ],
  "a file that configures nothing": [
    up(thing("bad"), {
      packs: { pack: pack(against("bad", "advisory")) },
      packConfigs: { pack: " \n" },
    }),
    up(undefined, { packConfigs: { pack: '{ "no-bad": {}, "nosuch": {} }' } }),
  ],
  "a file with values that the policy's schema refuses": [
    up(thing("x"), {
      packs: { pack: pack(CONFIGURED) },
      packConfigs: { pack: '{ "set": { "most": "three" } }' },
    }),
  ],
  "a file that is not a configuration": [
    up(thing("x"), { packs: { pack: pack(CONFIGURED) }, packConfigs: { pack: "{" } }),
    up(undefined, { packConfigs: { pack: '{ "set": "sometimes" }' } }),
    up(undefined, { packConfigs: { pack: '{ "set": { "enforcementLevel": 3 } }' } }),
    up(undefined, { packConfigs: { pack: '{ "set": 3 }' } }),
    up(undefined, { packConfigs: { pack: "[]" } }),
  ],
  "a file with an unknown policy": [
    up(thing("x"), {
      packs: { pack: pack(against("bad", "mandatory")) },
      packConfigs: { pack: '{ "nosuch": "mandatory" }' },
    }),
    up(undefined, { packConfigs: { pack: '{ "nosuch": { "value": 1 } }' } }),
  ],
  "unknown values in a preview can't be checked": [
    preview(`const a = new Thing("a", {}); new Thing("b", { value: a.id });`, {
      packs: { pack: pack(against("a-1", "mandatory"), mending("none", "some")) },
    }),
    up(),
  ],
  "policies see inputs and options, and at the end outputs and dependencies": [
    up(
      `
      const own = new Provider("own", { region: "north" });
      const group = new Group("group");
      const a = new Thing("a", { value: 1 }, {
        parent: group, provider: own, protect: true, ignoreChanges: ["other"], deleteBeforeReplace: true,
        additionalSecretOutputs: ["size"], customTimeouts: { create: "1m", delete: "1h" }, aliases: [{ name: "former" }],
      });
      new Thing("b", { value: a.id }, { dependsOn: group });
      exports.of = a.id;`,
      {
        packs: {
          pack: pack(
            telling(
              "[args.type, args.name, args.props, args.opts, args.provider && [args.provider.name, args.provider.props]]",
              `[resource.type, resource.name, resource.props, resource.opts, resource.parent && resource.parent.name,
                resource.dependencies.map(({ name }) => name).sort(),
                Object.entries(resource.propertyDependencies).map(([key, all]) => [key, all.map(({ name }) => name)]).sort(),
                resource.provider && [resource.provider.name, resource.provider.props]]`,
            ),
          ),
        },
      },
    ),
  ],
  "policies see secrets in plain text": [
    up('new Thing("a", { value: pulumi.secret("bad") });', {
      packs: { pack: pack(against("bad", "mandatory")) },
    }),
  ],
  "policies see the stack's tags": [
    up(thing("x"), {
      tags: { owner: "somebody" },
      packs: { pack: pack(telling("[...args.stackTags.entries()]", "[...args.stackTags.keys()]")) },
    }),
  ],
  "external resources are not checked by policies": [
    up('Thing.get = (name, id) => new Thing(name, {}, { id }); Thing.get("a", "a-9");', {
      meanwhile: { "a-9": { value: "bad" } },
      packs: { pack: pack(against("bad", "mandatory"), atMost(0, "advisory")) },
    }),
  ],
  "imported resources are checked by policies": [
    up('new Thing("a", { value: "bad" }, { import: "a-9" });', {
      meanwhile: { "a-9": { value: "bad" } },
      packs: { pack: pack(against("bad", "mandatory")) },
    }),
  ],
  "resources that are not targets are not checked by policies": [
    up(`${thing("x", "a")} ${thing("x", "b")}`),
    up(`${thing("bad", "a")} ${thing("bad", "b")} ${thing("bad", "c")}`, {
      packs: { pack: pack(against("bad", "advisory"), atMost(0, "advisory")) },
      options: { targets: ["**::a"] },
    }),
  ],
  "replaced, updated and deleted resources are checked in their new state": [
    up(
      'new Thing("a", { kind: "one" }); new Thing("b", { value: "bad" }); new Thing("c", { value: "bad" });',
    ),
    up('new Thing("a", { kind: "two", value: "bad" }); new Thing("b", { value: "good" });', {
      packs: { pack: pack(against("bad", "advisory"), atMost(0, "advisory")) },
    }),
  ],
  "a refresh and a destroy check no policies": [
    up(thing("bad")),
    refresh({ packs: { pack: pack(against("bad", "mandatory"), atMost(0, "mandatory")) } }),
    destroy(),
  ],
  "a policy of a provider's configuration": [
    up('const own = new Provider("own", { region: "south" }); new Thing("a", {}, { provider: own });', {
      packs: {
        pack: pack(
          `{ name: "north", description: "North.", enforcementLevel: "mandatory", validateResource: (args, report) => {
            if (args.type === "pulumi:providers:test" && args.props.region === "south") report("against the south");
          } }`,
        ),
      },
    }),
  ],
};
