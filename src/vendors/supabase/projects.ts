import { answer, answerOrGone, type Supabase } from "./client.ts";
import type { ProjectStatus, ProjectSummary } from "./types.ts";

const PAGE = 100;

/** On its way out, or out. */
const LEAVING: readonly ProjectStatus[] = ["REMOVED", "GOING_DOWN"];

export function isLeaving(status: ProjectStatus): boolean {
  return LEAVING.includes(status);
}

/** The project of exactly this name, which is unique in its organization, or undefined. */
export async function findProject(
  supabase: Supabase,
  organization: string,
  name: string,
): Promise<ProjectSummary | undefined> {
  for (let offset = 0; ; offset += PAGE) {
    const { projects, pagination } = await answer(
      supabase.api.GET("/v1/organizations/{slug}/projects", {
        params: { path: { slug: organization }, query: { search: name, limit: PAGE, offset } },
      }),
    );
    const found = projects.find((project) => project.name === name && !isLeaving(project.status));
    if (found !== undefined || projects.length === 0 || offset + PAGE >= pagination.count) return found;
  }
}

const ANSWERING: readonly ProjectStatus[] = ["ACTIVE_HEALTHY", "ACTIVE_UNHEALTHY"];

/** Whether the services of a project in this state answer. */
export function isAnswering(status: ProjectStatus): boolean {
  return ANSWERING.includes(status);
}

const RESTARTING: readonly ProjectStatus[] = [
  "RESIZING",
  "RESTARTING",
  "RESTORING",
  "UPGRADING",
  "COMING_UP",
];

/** Whether a project is between two states in which its services answer. */
export async function isRestarting(supabase: Supabase, ref: string): Promise<boolean> {
  const found = await answerOrGone(supabase.api.GET("/v1/projects/{ref}", { params: { path: { ref } } }));
  return found !== undefined && RESTARTING.includes(found.status);
}

/** Whether a project's services answer; a paused or restarting one can't be compared with anything. */
export async function isReachable(supabase: Supabase, ref: string): Promise<boolean> {
  const found = await answerOrGone(supabase.api.GET("/v1/projects/{ref}", { params: { path: { ref } } }));
  return found !== undefined && isAnswering(found.status);
}
