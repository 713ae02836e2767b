import { describe, expect, test } from "vitest";
import { cliEngine } from "../../../../src/engine/cli/engine.ts";
import { findPulumi } from "../../../../src/engine/cli/pulumi.ts";
import { embeddedEngine } from "../../src/engine.ts";
import { DIFFERENCES } from "./differences.ts";
import { keep, readKept, textOf } from "./kept.ts";
import { RULES } from "./rules.ts";
import { tryOn } from "./trial.ts";

/**
 * Compares both engines with the recorded results of the Pulumi CLI 3.260.0. `TENANTRY_KEEP=1` records them again with the installed
 * CLI.
 *
 * All rules take four minutes of CPU on the embedded engine alone. Without a CLI, every seventh rule runs, unless
 * TENANTRY_CONFORMANCE is `all`.
 */
const pulumi = await findPulumi(process.env);
const keeping = process.env.TENANTRY_KEEP === "1";
const all = pulumi !== undefined || process.env.TENANTRY_CONFORMANCE === "all";

const rules = Object.entries(RULES).flatMap(([subject, ofIt]) =>
  Object.entries(ofIt).map(([rule, steps]) => ({ subject, rule, steps })),
);
const tried = rules.filter((_, index) => all || index % 7 === 0);

const NOT_RUN = [
  ...(pulumi === undefined
    ? ["conformance: the Pulumi CLI's side did NOT run: there is none on PATH or in PULUMI_HOME"]
    : []),
  ...(all ? [] : [`conformance: ${tried.length} of ${rules.length} rules; npm run conformance tries all`]),
];
for (const line of NOT_RUN) process.stderr.write(`${line}\n`);
test.skipIf(NOT_RUN.length === 0)(NOT_RUN.join("; "), ({ skip }) => skip(NOT_RUN.join("; ")));

describe.each(tried)("$subject: $rule", ({ rule, steps }) => {
  test.skipIf(pulumi === undefined)("the Pulumi CLI", async () => {
    const observed = await tryOn(cliEngine(pulumi ?? ""), steps);
    if (keeping) keep(rule, observed);
    expect(textOf(observed)).toBe(readKept(rule));
  });

  const difference = DIFFERENCES[rule];
  test(`the embedded engine${difference === undefined ? "" : `, though ${difference}`}`, async () => {
    const kept = readKept(rule);
    const observed = textOf(await tryOn(embeddedEngine(), steps));
    if (difference === undefined) expect(observed).toBe(kept);
    else expect(observed).not.toBe(kept);
  });
});

test("every difference names a rule", () => {
  expect(rules.map(({ rule }) => rule)).toEqual(expect.arrayContaining(Object.keys(DIFFERENCES)));
});
