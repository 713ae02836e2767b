import { preview, type Rules, refresh, up } from "../rule.ts";

export const SECRETS: Rules = {
  "a secret input is a secret output": [
    up('const a = new Thing("a", { value: pulumi.secret("hidden") }); exports.value = a.value;'),
    up(),
  ],
  "secrets inside inputs stay secrets": [
    up(
      'new Thing("a", { map: { plain: 1, hidden: pulumi.secret(2) }, list: ["plain", pulumi.secret("hidden")] });',
    ),
    up(),
  ],
  "a provider's secret output stays a secret in dependents": [
    up(
      'const a = new Thing("a", { value: "x" }); new Thing("b", { value: a.secretly }); exports.it = a.secretly;',
    ),
    up(),
    refresh(),
  ],
  "a value turns into a secret and back": [
    up('new Thing("a", { value: "x" });'),
    preview('new Thing("a", { value: pulumi.secret("x") });'),
    up(),
    up('new Thing("a", { value: "x" });'),
  ],
  "a changed secret is an update": [
    up('new Thing("a", { value: pulumi.secret("one") });'),
    up('new Thing("a", { value: pulumi.secret("two") });'),
  ],
  "a secret inside a secret": [
    up(
      'exports.both = pulumi.secret({ outer: 1, inner: pulumi.secret("hidden") }); exports.list = [pulumi.secret(1)];',
    ),
  ],
  "a value derived from a secret is a secret": [
    up(`
      const a = new Thing("a", { value: pulumi.secret("hidden").apply((text) => text + "!") });
      exports.text = pulumi.interpolate\`<\${a.value}>\`;
      exports.open = pulumi.unsecret(a.value);`),
  ],
  "a secret in the stack's configuration is a secret in the program": [
    up(
      'const config = new pulumi.Config(); new Thing("a", { value: config.requireSecret("token"), name: config.require("name") });',
      {
        config: { "trial:token": { secret: "hidden" }, "trial:name": "plain" },
      },
    ),
    up(),
  ],
};
