import { changingSteps, preview } from "tenantry";

// Lists what an apply would delete or replace: `node dist/review.js [sandbox folder]`.
const [, , sandbox] = process.argv;
const { ok, stacks, problems } = await preview([], sandbox === undefined ? {} : { sandbox });
for (const { message } of problems) console.error(message);
for (const { stack, outcome, changes } of stacks) {
  const risky = changingSteps(changes).filter(({ action }) => action === "delete" || action === "replace");
  console.log(
    `${stack}: ${outcome}, ${changingSteps(changes).length} changes, ${risky.length} of them risky`,
  );
  for (const { action, name } of risky) console.log(`  ${action} ${name}`);
}
process.exitCode = ok ? 0 : 1;
