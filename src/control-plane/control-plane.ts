import { UserError } from "@tenantry/core/errors";
import * as z from "zod";
import type { Context } from "../vendors/connections.ts";
import type { Database } from "../vendors/postgres/database.ts";
import { findProject } from "../vendors/supabase/projects.ts";

/** Where a control-plane resource keeps its rows. */
export const controlPlane = z
  .strictObject({
    organization: z.string().describe("The slug of the Supabase organization."),
    name: z.string().describe("The name of the platform's project."),
  })
  .describe("The platform's project, found by its name.");

/** The issuer of the platform's tokens: the auth service of the control plane's project. */
export function issuerOf(ref: string): string {
  return `https://${ref}.supabase.co/auth/v1`;
}

/** The control plane, or undefined if its project was deleted with all rows. */
export async function controlPlaneIfThere(
  context: Context,
  project: z.infer<typeof controlPlane>,
): Promise<Database | undefined> {
  try {
    return await context.controlPlane(project);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const there = await findProject(context.supabase, project.organization, project.name);
    if (there === undefined) return undefined;
    throw error;
  }
}
