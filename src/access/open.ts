import { issuerOf } from "../control-plane/control-plane.ts";
import type { PlatformModel } from "../model/model.ts";
import type { Context } from "../vendors/connections.ts";
import { findProject } from "../vendors/supabase/projects.ts";
import type { Reach } from "./deliver.ts";

/** A platform, by what its project is found by. */
interface WithProject {
  readonly project: Pick<PlatformModel["project"], "organization" | "name">;
}

/**
 * The control plane of a platform, and the way to its workspaces' databases.
 *
 * @throws UserError when the platform isn't up
 */
export async function openReach(context: Context, { project }: WithProject): Promise<Reach> {
  const database = await context.controlPlane(project);
  return { database, supabase: context.supabase, issuer: issuerOf(database.ref) };
}

/** How long a confirmation is valid. Below the promised 60 seconds, so that a late renewal and a slow poll fit in. */
const LEASE_SECONDS = 45;

/** The same for whoever goes on confirming: workspaces close when that ends, unless the platform has a reason to stay open. */
export function withLease(reach: Reach, { staysOpen }: Pick<PlatformModel, "staysOpen">): Reach {
  return { ...reach, leaseSeconds: staysOpen === null ? LEASE_SECONDS : null };
}

/** As {@link openReach}; undefined where the control plane has no project, or not yet. */
export async function openReachIfUp(context: Context, platform: WithProject): Promise<Reach | undefined> {
  const { organization, name } = platform.project;
  const found = await findProject(context.supabase, organization, name);
  return found === undefined ? undefined : openReach(context, platform);
}
