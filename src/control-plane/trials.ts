import type * as z from "zod";
import type { Context } from "../vendors/connections.ts";
import { type controlPlane, controlPlaneIfThere } from "./control-plane.ts";

/**
 * Whether the control plane records that an organization had its one trial, in any generation.
 *
 * The record outlives the organization's customer in Stripe, which anybody with access to the dashboard can delete.
 */
export async function isTrialRecorded(
  context: Context,
  project: z.infer<typeof controlPlane>,
  { platform, organization }: { readonly platform: string; readonly organization: string },
): Promise<boolean> {
  const database = await controlPlaneIfThere(context, project);
  const found = await database?.read((query) =>
    query(
      `select from public.trials join public.platforms on platforms.id = platform_id
       where platforms.name = $1 and organization_name = $2`,
      [platform, organization],
    ),
  );
  return found !== undefined && found.length > 0;
}
