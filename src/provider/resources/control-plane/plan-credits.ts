import * as z from "zod";
import { lockAccountOf } from "../../../billing/accounts.ts";
import { postPlanCredits, unpostedPeriods } from "../../../billing/plan-credits.ts";
import { controlPlane } from "../../../control-plane/control-plane.ts";
import { defineResource } from "../../runtime/schema.ts";

const planCreditsInputs = z.strictObject({
  controlPlane,
  organization: z.string().describe("The organization's id."),
  customer: z.string().describe("Stripe's customer id, as the organization's row has it."),
  period: z
    .strictObject({
      product: z.string().describe("Stripe's id of the product that it was paid for."),
      since: z.string().describe("ISO date, its first day."),
    })
    .optional()
    .describe("The running period, once it is paid for; absent: nothing is due."),
});

const planCreditsOutputs = z.object({});

export const planCredits = defineResource({
  type: "control-plane:PlanCredits",
  description:
    "The credits that an organization's plan brings with each period, as the platform's catalogue has them. Each period's are posted once, by whoever comes first: this, Stripe's webhook or a pass over the platform's money. Removing it takes no credits back.",
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
    // A ledger only grows.
  },
});
