import { z } from "zod";
import { brand } from "../schema.ts";

export const customerInputs = z.strictObject({
  name: z.string().min(1).optional().describe("Shown on invoices."),
  email: z.string().min(1).describe("Where invoices go."),
  brand: brand.required({ organization: true, id: true, generation: true }),
});

export const customerOutputs = z.strictObject({
  customerId: z.string().describe("Stripe's id; never deleted."),
});
