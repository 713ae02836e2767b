import { dataOf, dataOrGone, type Supabase } from "./client.ts";
import type { ProjectStatus, ProjectSummary } from "./types.ts";

const PAGE = 100;

/** Statuses of projects that are being deleted or were deleted. */
const LEAVING: readonly ProjectStatus[] = ["REMOVED", "GOING_DOWN"];

export function isBeingRemoved(status: ProjectStatus): boolean {
  return LEAVING.includes(status);
}

/** Finds a project by its exact name, which is unique in the organization. Ignores deleted projects. */
export async function findProject(
  supabase: Supabase,
  organization: string,
  name: string,
): Promise<ProjectSummary | undefined> {
  for (let offset = 0; ; offset += PAGE) {
    const { projects, pagination } = await dataOf(
      supabase.api.GET("/v1/organizations/{slug}/projects", {
        params: { path: { slug: organization }, query: { search: name, limit: PAGE, offset } },
      }),
    );
    const found = projects.find((project) => project.name === name && !isBeingRemoved(project.status));
    if (found !== undefined || projects.length === 0 || offset + PAGE >= pagination.count) return found;
  }
}

const ANSWERING: readonly ProjectStatus[] = ["ACTIVE_HEALTHY", "ACTIVE_UNHEALTHY"];

/** Whether a project's services answer in this status. */
export function isResponding(status: ProjectStatus): boolean {
  return ANSWERING.includes(status);
}

const RESTARTING: readonly ProjectStatus[] = [
  "RESIZING",
  "RESTARTING",
  "RESTORING",
  "UPGRADING",
  "COMING_UP",
];

/** Whether a project is restarting, so that its services will answer again without further action. */
export async function isRestarting(supabase: Supabase, ref: string): Promise<boolean> {
  const found = await dataOrGone(supabase.api.GET("/v1/projects/{ref}", { params: { path: { ref } } }));
  return found !== undefined && RESTARTING.includes(found.status);
}

/** Whether a project's services answer. The state of a paused or restarting project can't be read. */
export async function isReachable(supabase: Supabase, ref: string): Promise<boolean> {
  const found = await dataOrGone(supabase.api.GET("/v1/projects/{ref}", { params: { path: { ref } } }));
  return found !== undefined && isResponding(found.status);
}
