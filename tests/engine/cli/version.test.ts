import { UserError } from "@tenantry/core/errors";
import { expect, test } from "vitest";
import { checkVersion } from "../../../src/engine/cli/version.ts";

test.each([
  ["v3.260.0\n", "3.260.0"],
  ["v3.256.0", "3.256.0"],
  ["3.300.2", "3.300.2"],
  ["v4.0.0", "4.0.0"],
  ["v3.261.0-dev.0+abc.dirty", "3.261.0"],
])("%j is new enough", (text, version) => {
  expect(checkVersion(text, "/usr/bin/pulumi")).toBe(version);
});

test.each(["v3.255.9", "v3.99.0", "v2.999.0"])("%j is too old, and the error says how to update", (text) => {
  expect(() => checkVersion(text, "/usr/bin/pulumi")).toThrow(
    expect.objectContaining({
      name: "UserError",
      message: expect.stringMatching(/\/usr\/bin\/pulumi is version .*3\.256\.0 or later/),
      remedy: expect.stringContaining("https://www.pulumi.com/docs/iac/download-install/"),
    }),
  );
});

test("a program with other output isn't the Pulumi CLI", () => {
  expect(() => checkVersion("command not found", "/usr/bin/pulumi")).toThrow(UserError);
});
