import { VendorError } from "@tenantry/core/errors";
import { answer, answerOrGone, type Supabase } from "./client.ts";
import { poll } from "./poll.ts";
import type { ComputeVariant, ProjectStatus } from "./types.ts";

const PAUSED: readonly ProjectStatus[] = ["INACTIVE", "PAUSING"];

export function isPaused(status: ProjectStatus): boolean {
  return PAUSED.includes(status);
}

/**
 * Pauses a project if Supabase allows it, which is only in free organizations.
 *
 * @returns whether the project is now paused or being paused
 */
export async function pause(supabase: Supabase, ref: string): Promise<boolean> {
  try {
    await answer(supabase.api.POST("/v1/projects/{ref}/pause", { params: { path: { ref } } }));
    return true;
  } catch (error) {
    if (isRefused(error)) return isPaused(await statusOf(supabase, ref));
    throw error;
  }
}

function isRefused(error: unknown): boolean {
  return error instanceof VendorError && [400, 402, 403, 409, 422].includes(Number(error.status));
}

/** Restores a paused project and waits until it is healthy. If it is still being paused, waits for that first. */
export async function restore(supabase: Supabase, ref: string, signal: AbortSignal): Promise<void> {
  await poll(`project ${ref} to be paused`, signal, async () => {
    const status = await statusOf(supabase, ref);
    return status !== "PAUSING";
  });
  if (isPaused(await statusOf(supabase, ref)))
    await answer(supabase.api.POST("/v1/projects/{ref}/restore", { params: { path: { ref } } }));
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
  const { status } = await answer(supabase.api.GET("/v1/projects/{ref}", { params: { path: { ref } } }));
  return status;
}

/** Changes a project's compute size, for example to `small`. `nano` is the absence of the compute add-on. */
export async function setCompute(supabase: Supabase, ref: string, from: string, to: string): Promise<void> {
  const { api } = supabase;
  if (to === "nano") {
    const path = { ref, addon_variant: variantOf(from) };
    await answerOrGone(api.DELETE("/v1/projects/{ref}/billing/addons/{addon_variant}", { params: { path } }));
    return;
  }
  const body = { addon_type: "compute_instance" as const, addon_variant: variantOf(to) };
  await answer(api.PATCH("/v1/projects/{ref}/billing/addons", { params: { path: { ref } }, body }));
}

function variantOf(size: string): ComputeVariant {
  return `ci_${size}` as ComputeVariant;
}
