/** A program that covers everything a state can contain. */
export const EVERYTHING = `
const config = new pulumi.Config();
const group = new Group("group");
const first = new Thing("first", { value: "one", list: [1, { deep: null }] }, { parent: group, protect: true });
const second = new Thing("second", { value: first.id, token: config.requireSecret("token") }, { parent: group });
const own = new Provider("own", { region: "north", key: pulumi.secret("a provider's key") });
const third = new Thing("third", { value: second.secretly }, { provider: own, dependsOn: group });
new Thing("fourth", { file: new pulumi.asset.StringAsset("text") }, { deletedWith: third, retainOnDelete: true });
new Thing("fifth", { of: first }, { customTimeouts: { create: "1m" }, ignoreChanges: ["of"] });
group.registerOutputs({ made: 2 });
exports.id = second.id;
exports.hidden = pulumi.secret({ deep: ["a hidden output"] });`;

/** The number of resources that {@link EVERYTHING} declares, including the stack, without default providers. */
export const EVERYTHING_COUNT = 8;

/** Two resources, the second of which depends on the first. */
export const PAIR = 'const a = new Thing("a", { value: 1 }); new Thing("b", { value: a.id });';
