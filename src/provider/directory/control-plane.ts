import { z } from "zod";

/** Where a directory resource keeps its rows. */
export const controlPlane = z
  .strictObject({
    organization: z.string().describe("The slug of the Supabase organization."),
    name: z.string().describe("The name of the platform's project."),
  })
  .describe("The platform's project, found by its name.");
