import { describe, expect, test } from "vitest";
import { sandboxVariables } from "../../src/fleet/sandbox-variables.ts";

describe("the variables of a sandbox", () => {
  test("are created for a new one", () => {
    expect(sandboxVariables("/data", {})).toEqual({
      TENANTRY_ROOT_SECRET: expect.stringMatching(/^[0-9a-f]{64}$/),
      TENANTRY_ARCHIVES: "/data/archives",
      PULUMI_BACKEND_URL: "file:///data/state",
      PULUMI_CONFIG_PASSPHRASE: expect.stringMatching(/./),
    });
  });

  test("keep the secrets of an existing one", () => {
    const before = sandboxVariables("/data", {});
    expect(sandboxVariables("/data", before)).toEqual(before);
  });

  test("keep a root secret that an earlier version stored under its former name", () => {
    expect(sandboxVariables("/data", { TENANTRY_SECRET_ROOT: "stored" })).toMatchObject({
      TENANTRY_ROOT_SECRET: "stored",
    });
  });
});
