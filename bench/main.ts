import { measureAccess } from "./access.ts";
import { measureApiCalls } from "./api-calls.ts";
import type { Figure } from "./figure.ts";
import { measureFleet } from "./fleet.ts";
import { rowSecurityRatio } from "./row-security.ts";
import { measureValidate } from "./validate.ts";
import { debitRatio } from "./wallet.ts";

/** `npm run bench`: one JSON line for each figure; a name on the command line picks the measurements that have it. */
const measurements: Readonly<Record<string, () => Promise<readonly Figure[]>>> = {
  validate: measureValidate,
  fleet: measureFleet,
  "api-calls": measureApiCalls,
  "row-security": async () => [await rowSecurityRatio()],
  access: measureAccess,
  wallet: async () => [await debitRatio()],
};

const [wanted] = process.argv.slice(2);
for (const [name, measure] of Object.entries(measurements)) {
  if (wanted !== undefined && wanted !== name) continue;
  for (const figure of await measure()) process.stdout.write(`${JSON.stringify(figure)}\n`);
}
