import { destroy, preview, type Rules, refresh, up } from "../rule.ts";

function explicit(inputs: string): string {
  return `
    const provider = new Provider("own", ${inputs});
    const a = new Thing("a", { value: 1 }, { provider });
    new Thing("b", { value: a.id }, { provider });`;
}

const ACCOUNT_OF_A_RESOURCE = `
const owner = new Thing("owner", { value: "x" });
new Thing("a", {}, { provider: new Provider("own", { region: owner.id }) });`;

export const PROVIDERS: Rules = {
  "the default provider is configured from the stack": [
    up('new Thing("a", {});', { config: { "test:region": "north" } }),
    up(undefined, { config: { "test:region": "south" } }),
    up(undefined, { config: {} }),
  ],
  "the default provider's secret configuration is kept secret": [
    up('new Thing("a", {});', { config: { "test:token": { secret: "hidden" } } }),
    up(),
  ],
  "a different account of the default provider replaces its resources": [
    up('new Thing("a", {});', { config: { "test:account": "one" } }),
    preview(undefined, { config: { "test:account": "two" } }),
    up(),
  ],
  "an explicit provider serves resources that name it": [
    up(explicit('{ region: "north" }')),
    up(),
    destroy(),
  ],
  "an explicit provider's configuration is updated": [
    up(explicit('{ region: "north" }')),
    preview(explicit('{ region: "south" }')),
    up(),
  ],
  "an explicit provider is replaced with its resources": [
    up(explicit('{ account: "one" }')),
    preview(explicit('{ account: "two" }')),
    up(),
  ],
  "an explicit provider's secrets stay secrets": [
    up(explicit('{ token: pulumi.secret("hidden") }')),
    up(),
    refresh(),
  ],
  "children use their component's provider": [
    up(`
      const group = new Group("group", { providers: [new Provider("own", { region: "north" })] });
      new Thing("a", {}, { parent: group });
      new Thing("b", {}, { parent: new Group("inner", { parent: group }) });
      new Thing("c", {});`),
    up(""),
  ],
  "a resource moves from the default to an explicit provider": [
    up('new Thing("a", {});'),
    up('new Thing("a", {}, { provider: new Provider("own", {}) });'),
    up('new Thing("a", {});'),
  ],
  "a resource moves to a provider of another account": [
    up(
      'new Provider("other", { account: "two" }); new Thing("a", {}, { provider: new Provider("own", { account: "one" }) });',
    ),
    up(
      'const other = new Provider("other", { account: "two" }); new Provider("own", { account: "one" }); new Thing("a", {}, { provider: other });',
    ),
  ],
  "a provider is deleted after its resources": [up(explicit("{}")), up("")],
  "a provider is named by an alias": [
    up('new Thing("a", {}, { provider: new Provider("old", { region: "north" }) });'),
    up(
      'new Thing("a", {}, { provider: new Provider("new", { region: "north" }, { aliases: [{ name: "old" }] }) });',
    ),
  ],
  "each version has its own default provider": [
    up('new Thing("a", {}, { version: "1.2.3" }); new Thing("b", {}, { version: "2.0.0-beta.1" });'),
    up(),
    up('new Thing("a", {}, { version: "1.2.4" });'),
  ],
  "a provider whose configuration is not known yet": [
    preview(ACCOUNT_OF_A_RESOURCE),
    up(ACCOUNT_OF_A_RESOURCE),
    preview(),
  ],
};
