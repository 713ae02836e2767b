import { z } from "zod";
import { databasePassword } from "../schema.ts";

export const projectInputs = z.strictObject({
  name: z.string().min(1).max(256).describe("Unique in the organization; a change renames."),
  organization: z
    .string()
    .regex(/^[\w-]+$/)
    .describe("The slug of the Supabase organization."),
  region: z.string().min(1).describe("Where it runs; fixed for life."),
  compute: z.string().min(1).describe("The size of its database server."),
  databasePassword,
  state: z
    .enum(["active", "suspended", "archived", "deleted"])
    .default("active")
    .describe("Where in its life it is. `deleted` deletes it and keeps this record. Default `active`."),
});

export const projectOutputs = z.strictObject({
  ref: z.string().describe("The project's reference, 20 letters, for good."),
  createdAt: z.string().describe("When it was made, ISO 8601."),
});
