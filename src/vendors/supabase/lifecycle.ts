import { VendorError } from "@tenantry/core/errors";
import { dataOf, dataOrGone, type Supabase } from "./client.ts";
import { poll } from "./poll.ts";
import { findProject } from "./projects.ts";
import type { ComputeSize, ComputeVariant, ProjectStatus, ProjectSummary } from "./types.ts";

const PAUSED: readonly ProjectStatus[] = ["INACTIVE", "PAUSING"];

export function isPaused(status: ProjectStatus): boolean {
  return PAUSED.includes(status);
}

/**
 * Pauses a project of a free organization, and waits until it shows. Supabase pauses no others.
 *
 * @returns whether it is paused
 * @see https://supabase.com/docs/guides/platform/free-project-pausing
 */
export async function pause(
  supabase: Supabase,
  { organization, ref }: { readonly organization: string; readonly ref: string },
  signal: AbortSignal,
): Promise<boolean> {
  const { plan } = await dataOf(
    supabase.api.GET("/v1/organizations/{slug}", { params: { path: { slug: organization } } }),
  );
  if (plan !== undefined && plan !== "free") return false;
  try {
    await dataOf(supabase.api.POST("/v1/projects/{ref}/pause", { params: { path: { ref } } }));
  } catch (error) {
    // Another request may have paused it meanwhile; any other refusal is for the user.
    if (!(error instanceof VendorError) || !isPaused(await statusOf(supabase, ref))) throw error;
  }
  await poll(`project ${ref} to be paused`, signal, async () => isPaused(await statusOf(supabase, ref)));
  return true;
}

/** Restores a paused project and waits until it is healthy. If it is still being paused, waits for that first. */
export async function restore(supabase: Supabase, ref: string, signal: AbortSignal): Promise<void> {
  await poll(`project ${ref} to be paused`, signal, async () => {
    const status = await statusOf(supabase, ref);
    return status !== "PAUSING";
  });
  if (isPaused(await statusOf(supabase, ref)))
    await dataOf(supabase.api.POST("/v1/projects/{ref}/restore", { params: { path: { ref } } }));
  await untilHealthy(supabase, ref, signal);
}

export async function untilHealthy(supabase: Supabase, ref: string, signal: AbortSignal): Promise<void> {
  await poll(
    `project ${ref} to be healthy`,
    signal,
    async () => (await statusOf(supabase, ref)) === "ACTIVE_HEALTHY",
  );
}

async function statusOf(supabase: Supabase, ref: string): Promise<ProjectStatus> {
  const { status } = await dataOf(supabase.api.GET("/v1/projects/{ref}", { params: { path: { ref } } }));
  return status;
}

/** The size of a project's database server, as `small`; undefined where the API doesn't tell. */
export function sizeOf(found: ProjectSummary): ComputeSize | undefined {
  return found.databases.find(({ type }) => type === "PRIMARY")?.infra_compute_size;
}

/**
 * Gives a project another size, and waits until it has it and is healthy again. For some seconds the API still reports the
 * former size and a healthy project.
 *
 * @param size as `small`; nano is the absence of the compute add-on
 */
export async function resize(
  supabase: Supabase,
  { organization, found, size }: ResizeRequest,
  signal: AbortSignal,
): Promise<void> {
  const { ref, name } = found;
  const former = sizeOf(found);
  if (former === undefined || former === size) return;
  await setCompute(supabase, ref, former, size);
  await poll(`project ${ref} to have the size ${size} and to be healthy`, signal, async () => {
    const now = await findProject(supabase, organization, name);
    return now?.ref === ref && sizeOf(now) === size && now.status === "ACTIVE_HEALTHY";
  });
}

interface ResizeRequest {
  /** The slug of the project's organization. */
  readonly organization: string;
  /** The project under its present name. */
  readonly found: ProjectSummary;
  readonly size: string;
}

async function setCompute(supabase: Supabase, ref: string, from: string, to: string): Promise<void> {
  const { api } = supabase;
  if (to === "nano") {
    const path = { ref, addon_variant: variantOf(from) };
    await dataOrGone(api.DELETE("/v1/projects/{ref}/billing/addons/{addon_variant}", { params: { path } }));
    return;
  }
  const body = { addon_type: "compute_instance" as const, addon_variant: variantOf(to) };
  await dataOf(api.PATCH("/v1/projects/{ref}/billing/addons", { params: { path: { ref } }, body }));
}

function variantOf(size: string): ComputeVariant {
  return `ci_${size}` as ComputeVariant;
}
