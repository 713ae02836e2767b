import { issuerOf } from "../control-plane/control-plane.ts";
import type { PlatformModel } from "../model/model.ts";
import type { Context } from "../vendors/connections.ts";
import { findProject } from "../vendors/supabase/projects.ts";
import type { DeliveryContext } from "./deliver.ts";

/** A platform with the organization and the name of its project. */
interface WithProject {
  readonly project: Pick<PlatformModel["project"], "organization" | "name">;
}

/**
 * Opens the control plane of a platform.
 *
 * @throws UserError if the platform's project doesn't exist
 */
export async function openDeliveryContext(
  context: Context,
  { project }: WithProject,
): Promise<DeliveryContext> {
  const database = await context.controlPlane(project);
  return { database, supabase: context.supabase, issuer: issuerOf(database.ref) };
}

/** Like {@link openDeliveryContext}, but returns undefined if the control plane's project doesn't exist. */
export async function openDeliveryContextIfUp(
  context: Context,
  platform: WithProject,
): Promise<DeliveryContext | undefined> {
  const { organization, name } = platform.project;
  const found = await findProject(context.supabase, organization, name);
  return found === undefined ? undefined : openDeliveryContext(context, platform);
}
