import { destroy, preview, type Rules, refresh, up } from "../rule.ts";

/** What another stack tells: something plain, and something hidden. */
function telling(value: string): string {
  return `exports.plain = { deep: ["${value}"] }; exports.hidden = pulumi.secret("${value}, hidden");`;
}

/** Reads the outputs of another stack, and makes something of them. */
function reading(name: string): string {
  return `
    const other = new pulumi.StackReference("other", { name: "${name}" });
    exports.plain = other.getOutput("plain");
    new Thing("a", { value: other.requireOutput("hidden") });`;
}

export const REFERENCES: Rules = {
  "a reference reads the outputs of another stack": [
    preview(reading("organization/trial/other"), { others: { other: telling("one") } }),
    up(),
    up(),
  ],
  "a reference reads the current outputs of the other stack": [
    up(reading("organization/trial/other"), { others: { other: telling("one") } }),
    preview(undefined, { others: { other: telling("two") } }),
    up(),
  ],
  "a reference to a stack of the same project by its short name": [
    up(
      `
      exports.short = new pulumi.StackReference("other").getOutput("plain");
      exports.half = new pulumi.StackReference("organization/other").getOutput("plain");`,
      { others: { other: telling("one") } },
    ),
  ],
  "a reference to a missing stack fails until it exists": [
    preview(reading("organization/trial/other")),
    up(),
    up(undefined, { others: { other: telling("one") } }),
  ],
  "a reference to a missing project fails": [up(reading("organization/another/other"))],
  "a reference to another organization fails": [up(reading("somebody/trial/other"))],
  "a reference is changed to another stack": [
    up(reading("organization/trial/other"), { others: { other: telling("one"), third: telling("two") } }),
    preview(reading("organization/trial/third")),
    up(),
  ],
  "a missing output of the other stack": [
    up(
      `
      const other = new pulumi.StackReference("other");
      exports.none = other.getOutput("nosuch").apply((value) => value === undefined);
      exports.details = other.getOutputDetails("plain").then(({ value, secretValue }) => [value, secretValue === undefined]);`,
      { others: { other: telling("one") } },
    ),
    up(
      'const other = new pulumi.StackReference("other"); new Thing("a", { value: other.requireOutput("nosuch") });',
    ),
  ],
  "an undeclared reference is removed from the state": [
    up(reading("organization/trial/other"), { others: { other: telling("one") } }),
    preview('new Thing("a", { value: 1 });'),
    up(),
  ],
  "a refresh reads a reference again": [
    up(reading("organization/trial/other"), { others: { other: telling("one") } }),
    refresh({ others: { other: telling("two") } }),
    up(),
  ],
  "a reference and its dependents are destroyed": [
    up(reading("organization/trial/other"), { others: { other: telling("one") } }),
    destroy(),
  ],
  "a stack that refers to itself reads its previous outputs": [
    up("exports.count = 1;"),
    up('exports.count = new pulumi.StackReference("dev").getOutput("count").apply((before) => before + 1);'),
    up(),
  ],
  "a function reads the outputs of another stack": [
    up(
      `
      const found = pulumi.runtime.invoke("pulumi:pulumi:readStackOutputs", { name: "organization/trial/other" });
      exports.outputs = found.then(({ outputs }) => outputs.plain);
      exports.secrets = found.then(({ secretOutputNames }) => secretOutputNames);`,
      { others: { other: telling("one") } },
    ),
  ],
};
