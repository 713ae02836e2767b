import * as z from "zod";
import { lockAccountOf } from "../../../billing/accounts.ts";
import { postPlanCredits, unpostedPeriods } from "../../../billing/plan-credits.ts";
import { controlPlane } from "../../../control-plane/control-plane.ts";
import { defineResource } from "../../runtime/schema.ts";

const planCreditsInputs = z.strictObject({
  controlPlane,
  organization: z.string().describe("The organization's id."),
  customer: z.string().describe("The id of Stripe's customer, as in the organization's row."),
  period: z
    .strictObject({
      product: z.string().describe("The id of the Stripe product that was paid for."),
      since: z.string().describe("ISO date, the first day of the period."),
    })
    .optional()
    .describe("The current period, once it is paid. Absent: no credits are due."),
});

const planCreditsOutputs = z.object({});

export const planCredits = defineResource({
  type: "control-plane:PlanCredits",
  description:
    "The credits that an organization's plan grants with each period, as in the platform's catalogue. Each period is posted once: by this resource, Stripe's webhook or the billing job, whichever comes first. Removing the resource leaves the credits.",
  inputs: planCreditsInputs,
  outputs: planCreditsOutputs,
  replaceOn: ["controlPlane", "organization"],
  stable: [],

  async observe(context, { inputs }) {
    const { period, ...rest } = inputs;
    if (period === undefined) return { inputs, outputs: {} };
    const database = await context.controlPlane(inputs.controlPlane);
    const due = { customer: inputs.customer, ...period };
    const unposted = await database.read((query) => unpostedPeriods(query, [due]));
    return { inputs: unposted.length === 0 ? inputs : rest, outputs: {} };
  },

  async ensure(context, inputs) {
    const { customer, period } = inputs;
    if (period !== undefined) {
      const database = await context.controlPlane(inputs.controlPlane);
      await database.transaction(async (query) => {
        await lockAccountOf(query, customer);
        await postPlanCredits(query, { customer, ...period });
      });
    }
    return { id: `${inputs.organization}/plan-credits`, outputs: {} };
  },

  async remove() {
    // Entries of the ledger are never deleted.
  },
});
