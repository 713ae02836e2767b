import * as pulumi from "@pulumi/pulumi";
import { afterEach, describe, expect, onTestFinished, test } from "vitest";
import { secretValue } from "../../infra/secrets.ts";

/** Names whose variable is, or was, used by tenantry itself. */
const RESERVED = ["root", "root-previous", "root-secret", "root-secret-previous"];

describe("the value of a secret in a manifest", () => {
  afterEach(() => pulumi.runtime.setAllConfig({}));

  test.each(RESERVED)(
    "is never that of %s, whatever the environment and the stack's configuration contain",
    (name) => {
      setVariable(`TENANTRY_SECRET_${name.toUpperCase().replaceAll("-", "_")}`, "tenantry's own");
      pulumi.runtime.setAllConfig({ [`tenants:${name}`]: "from the configuration" });
      expect(() => secretValue({ secret: name })).toThrow(
        `\`${name}\` is reserved for tenantry's own secrets`,
      );
    },
  );

  test("comes from the environment before the stack's configuration", async () => {
    setVariable("TENANTRY_SECRET_ROOT_CAUSE_LLM", "from the environment");
    pulumi.runtime.setAllConfig({ "tenants:root-cause-llm": "from the configuration" });
    expect(await resolved("root-cause-llm")).toBe("from the environment");
  });

  test("comes from the stack's configuration", async () => {
    pulumi.runtime.setAllConfig({ "tenants:acme-llm": "from the configuration" });
    expect(await resolved("acme-llm")).toBe("from the configuration");
  });
});

function setVariable(name: string, value: string): void {
  process.env[name] = value;
  onTestFinished(() => {
    delete process.env[name];
  });
}

function resolved(secret: string): Promise<string> {
  return new Promise((resolve) => secretValue({ secret }).apply(resolve));
}
