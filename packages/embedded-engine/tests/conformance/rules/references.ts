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
  "a reference reads what the other stack tells by now": [
    up(reading("organization/trial/other"), { others: { other: telling("one") } }),
    preview(undefined, { others: { other: telling("two") } }),
    up(),
  ],
  "a reference names a stack of the same project in short": [
    up(
      `
      exports.short = new pulumi.StackReference("other").getOutput("plain");
      exports.half = new pulumi.StackReference("organization/other").getOutput("plain");`,
      { others: { other: telling("one") } },
    ),
  ],
  "a reference to a stack that is not there fails, until it is": [
    preview(reading("organization/trial/other")),
    up(),
    up(undefined, { others: { other: telling("one") } }),
  ],
  "a reference to a project that is not there fails": [up(reading("organization/another/other"))],
  "a reference to another organization fails": [up(reading("somebody/trial/other"))],
  "a reference turns to another stack": [
    up(reading("organization/trial/other"), { others: { other: telling("one"), third: telling("two") } }),
    preview(reading("organization/trial/third")),
    up(),
  ],
  "an output that the other stack does not have": [
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
  "a reference that is wanted no more is forgotten": [
    up(reading("organization/trial/other"), { others: { other: telling("one") } }),
    preview('new Thing("a", { value: 1 });'),
    up(),
  ],
  "a refresh reads a reference anew": [
    up(reading("organization/trial/other"), { others: { other: telling("one") } }),
    refresh({ others: { other: telling("two") } }),
    up(),
  ],
  "a reference and what is made of it are destroyed": [
    up(reading("organization/trial/other"), { others: { other: telling("one") } }),
    destroy(),
  ],
  "a stack that refers to itself reads what it told before": [
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
