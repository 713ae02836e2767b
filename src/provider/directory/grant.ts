import { z } from "zod";
import { controlPlane } from "./control-plane.ts";

export const grantInputs = z.strictObject({
  controlPlane,
  organization: z.string().describe("The organization's id."),
  wallet: z.string(),
  key: z
    .string()
    .describe("Says what is granted, as `trial:agntdata/acme:data`; a key is posted once, for ever."),
  credits: z.int().min(1),
  kind: z.enum(["opening", "trial", "plan"]),
  expires: z.string().optional().describe("ISO date after which what is left lapses."),
});

export const grantOutputs = z.object({
  entry: z.string().describe("The id of the ledger's entry."),
  posted: z.string().describe("When it was posted."),
});
