import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { readProject } from "../src/project.ts";
import { demandVersion } from "../src/pulumi-version.ts";

test.each([
  ["", true],
  ["3.260.0", true],
  ["=3.260.0", true],
  ["==3.260.0", true],
  ["3.259.0", false],
  ["!3.260.0", false],
  ["!=3.260.1", true],
  [">=3.260.0", true],
  [">3.260.0", false],
  [">3.260.0-beta.1", true],
  ["3.260.0+build.7", true],
  ["<= 3.260.0", true],
  ["<3.260.0", false],
  [">=3.9.0", true],
  ["<4.0.0", true],
  ["3.x", true],
  ["3.x.x", true],
  ["3.260.x", true],
  ["3.259.x", false],
  [">3.x", false],
  [">3.259.x", true],
  ["<=3.260.x", true],
  ["<3.261.x", true],
  ["!=2.x", true],
  [">=3.5.0  !3.7.7", true],
  [">=3.5.0 !3.260.0", false],
  ["<3.4.0 || >3.8.0", true],
  ["<3.4.0 || >4.8.0", false],
  [">4.0.0 || >3.0.0 <3.300.0", true],
])("the range %j contains 3.260.0: %s", (range, expected) => {
  const demand = () => demandVersion(range, "3.260.0");
  if (expected) expect(demand).not.toThrow();
  else
    expect(demand).toThrow(
      `Pulumi CLI version 3.260.0 does not satisfy the version range ${JSON.stringify(range)}`,
    );
});

test.each([
  "newest",
  "3",
  "3.260",
  "~3.260.0",
  ">=",
  "||",
  "3.260.0 ||",
  "|| 3.260.0",
  "3.260.0 and later",
  " ",
])("%j isn't a range", (range) => {
  expect(() => demandVersion(range, "3.260.0")).toThrow(
    `parsing CLI version range ${JSON.stringify(range)}: `,
  );
});

test("a project that requires another version is refused", async () => {
  const folder = mkdtempSync(join(tmpdir(), "tenantry-version-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const demand = (range: string) =>
    writeFileSync(
      join(folder, "Pulumi.yaml"),
      `{ name: trial, runtime: nodejs, requiredPulumiVersion: ${JSON.stringify(range)} }`,
    );
  demand(">=3.0.0");
  expect(await readProject(folder)).toMatchObject({ name: "trial" });
  demand(">=100.0.0");
  await expect(readProject(folder)).rejects.toMatchObject({
    name: "UserError",
    message: expect.stringMatching(
      /Pulumi\.yaml, requiredPulumiVersion: .* does not satisfy the version range/,
    ),
  });
});
