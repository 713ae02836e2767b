import { destroy, preview, type Rules, up } from "../rule.ts";

export const STACK: Rules = {
  "outputs are changed, added and removed": [
    up("exports.one = 1; exports.two = { deep: [1, null, true] };"),
    preview("exports.one = 2; exports.three = 'x';"),
    up(),
    up(""),
  ],
  "outputs are secret as a whole or inside": [
    up("exports.whole = pulumi.secret({ a: 1 }); exports.part = { open: 1, hidden: pulumi.secret(2) };"),
    up("exports.whole = { a: 1 }; exports.part = pulumi.secret({ open: 1, hidden: 2 });"),
  ],
  "outputs of resources and empty outputs": [
    up(
      'const a = new Thing("a", { value: 1 }); exports.all = a; exports.urn = a.urn; exports.none = undefined; exports.nothing = null; exports.empty = {};',
    ),
  ],
  "configuration reaches the program": [
    up(
      `
      const config = new pulumi.Config();
      exports.text = config.get("text");
      exports.number = config.getNumber("number");
      exports.object = config.getObject("object");
      exports.secret = config.getSecret("secret");
      exports.other = new pulumi.Config("other").get("text");`,
      {
        config: {
          "trial:text": "x",
          "trial:number": "5",
          "trial:object": '{"a":[1]}',
          "trial:secret": { secret: "hidden" },
          "other:text": "y",
        },
      },
    ),
    up(undefined, { config: {} }),
  ],
  "missing configuration is an error": [
    up('new pulumi.Config().require("name");'),
    up(undefined, { config: { "trial:name": "x" } }),
  ],
  "the program knows its stack, project and organization": [
    up("exports.names = [pulumi.getStack(), pulumi.getProject(), pulumi.getOrganization()];"),
  ],
  "destroy removes the outputs": [up('exports.one = 1; new Thing("a", {});'), destroy()],
};
