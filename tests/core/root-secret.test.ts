import { describe, expect, test } from "vitest";
import { refuseFormerName } from "../../src/core/root-secret.ts";

describe("the variable of the root secret", () => {
  test.each([
    ["alone", { TENANTRY_SECRET_ROOT: "r".repeat(32) }],
    [
      "beside the present one",
      { TENANTRY_SECRET_ROOT: "r".repeat(32), TENANTRY_ROOT_SECRET: "r".repeat(32) },
    ],
  ])("is refused under its former name, %s, and no message holds its value", (_, env) => {
    const refuse = () => refuseFormerName(env);
    expect(refuse).toThrow(/^TENANTRY_SECRET_ROOT is set; .*TENANTRY_ROOT_SECRET/);
    expect(refuse).not.toThrow(/rrrr/);
  });

  test.each([
    ["unset", { TENANTRY_ROOT_SECRET: "r".repeat(32) }],
    ["empty, as a CI leaves a secret that was removed", { TENANTRY_SECRET_ROOT: "" }],
  ])("may have its former name %s", (_, env) => {
    expect(() => refuseFormerName(env)).not.toThrow();
  });
});
