import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Secret } from "@tenantry/core/secret";
import { afterAll, beforeAll, expect, test } from "vitest";
import { newSalt } from "../src/secrets.ts";
import { PASSPHRASE, TestProject } from "./project.ts";

let project: TestProject;
beforeAll(async () => {
  project = new TestProject();
  const { salt, encrypt } = await newSalt(new Secret(PASSPHRASE));
  mkdirSync(join(project.folder, "settings"));
  writeFileSync(
    join(project.folder, "settings/Pulumi.dev.yaml"),
    `encryptionsalt: ${salt}\nconfig:\n  trial:region: north\n  other:size: 2\n  trial:token:\n    secure: ${encrypt("planted token")}\n`,
  );
});
afterAll(() => project.remove());

test("a dynamic provider gets the project's whole configuration, secrets as secrets", async () => {
  const run = await project.up(`
    const provider = {
      async configure({ config }) { this.region = config.require("region"); this.token = config.require("token"); },
      async create(inputs) {
        return { id: "made", outs: { ...inputs, region: this.region, hasToken: this.token.startsWith("planted") } };
      },
    };
    class Own extends pulumi.dynamic.Resource {
      constructor(name) { super(provider, name, { region: undefined, hasToken: undefined }); }
    }
    const own = new Own("own");
    exports.region = own.region;
    exports.hasToken = own.hasToken;`);
  expect(run.diagnostics).toEqual([]);
  expect(run).toMatchObject({ result: "succeeded", changes: { create: 2 } });
  expect(await project.outputs()).toEqual({ region: "north", hasToken: true });
  expect(project.resource("default")).toMatchObject({
    type: "pulumi:providers:pulumi-nodejs",
    inputs: { "trial:region": "north", "other:size": "2" },
  });
  expect(project.stateText).not.toContain("planted token");
});
