import { z } from "zod";
import { secret } from "../schema.ts";

export const secretsInputs = z.strictObject({
  project: z.string().describe("The ref of the Supabase project."),
  secrets: z
    .record(
      z
        .string()
        .min(1)
        .max(256)
        .regex(/^(?!SUPABASE_)/, "names that begin with SUPABASE_ belong to Supabase"),
      secret(z.string().max(24_576)),
    )
    .describe("By name. Names that were never declared here are left alone."),
});

export const secretsOutputs = z.strictObject({});
