import { measureAccess } from "./access.ts";
import { measureApiCalls } from "./api-calls.ts";
import type { Figure } from "./figure.ts";
import { measureFleet } from "./fleet.ts";
import { measureLargest } from "./largest.ts";
import { measurePlan } from "./plan.ts";
import { rowSecurityRatio } from "./row-security.ts";
import { measureValidate } from "./validate.ts";
import { debitRatio } from "./wallet.ts";

/** `npm run bench` prints one JSON line for each figure. `npm run bench wallet` runs a single benchmark. */
const measurements: Readonly<Record<string, () => Promise<readonly Figure[]>>> = {
  validate: measureValidate,
  plan: measurePlan,
  fleet: measureFleet,
  largest: measureLargest,
  "api-calls": measureApiCalls,
  "row-security": async () => [await rowSecurityRatio()],
  access: measureAccess,
  wallet: async () => [await debitRatio()],
};

const [wanted] = process.argv.slice(2);
if (wanted !== undefined && !Object.hasOwn(measurements, wanted)) {
  process.stderr.write(
    `There is no benchmark ${wanted}. Expected one of ${Object.keys(measurements).join(", ")}.\n`,
  );
  process.exit(1);
}
for (const [name, measure] of Object.entries(measurements)) {
  if (wanted !== undefined && wanted !== name) continue;
  for (const figure of await measure()) process.stdout.write(`${JSON.stringify(figure)}\n`);
}
