import { describe, expect, test } from "vitest";
import { cliEngine } from "../../src/engine/cli/engine.ts";
import { findPulumi } from "../../src/engine/cli/pulumi.ts";
import { embeddedEngine } from "../../src/engine/embedded/engine.ts";
import { keep, readKept, textOf } from "./kept.ts";
import { RULES } from "./rules.ts";
import { tryOn } from "./trial.ts";

/**
 * Either engine is held to the same kept results, which the Pulumi CLI had. `TENANTRY_KEEP=1` keeps them anew.
 */
const pulumi = await findPulumi(process.env);
const keeping = process.env.TENANTRY_KEEP === "1";

const ABSENT = "conformance: the Pulumi CLI's side did NOT run: there is none on PATH or in PULUMI_HOME";
if (pulumi === undefined) process.stderr.write(`${ABSENT}\n`);
test.skipIf(pulumi !== undefined)(ABSENT, ({ skip }) => skip(ABSENT));

describe.each(Object.entries(RULES))("%s", (_, rules) => {
  describe.each(Object.entries(rules))("%s", (rule, steps) => {
    test.skipIf(pulumi === undefined)("the Pulumi CLI", async () => {
      const observed = await tryOn(cliEngine(pulumi ?? ""), steps);
      if (keeping) keep(rule, observed);
      expect(textOf(observed)).toBe(readKept(rule));
    });

    test("the embedded engine", async () => {
      const kept = readKept(rule);
      expect(textOf(await tryOn(embeddedEngine(), steps))).toBe(kept);
    });
  });
});
