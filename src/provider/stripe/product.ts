import { z } from "zod";
import { brand } from "../schema.ts";

export const productInputs = z.strictObject({
  id: z
    .string()
    .regex(/^[a-zA-Z0-9_-]{1,100}$/, "expected letters, digits, _ and -")
    .describe("Chosen by us, as `agntdata_launch`; for good."),
  name: z.string().min(1).describe("Shown on invoices."),
  description: z.string().min(1).optional().describe("Shown at the checkout."),
  brand,
});

export const productOutputs = z.strictObject({});
