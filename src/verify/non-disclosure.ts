import { randomUUID } from "node:crypto";
import type { OrganizationModel } from "../model/model.ts";
import type { NotDisclosed } from "../vendors/postgres/scripts/try-access.ts";
import type { Subject } from "./matrix.ts";
import type { OrganizationRows } from "./organization-rows.ts";

/** The ids whose existence must not be disclosed to a caller: another organization, and the caller's inaccessible workspaces. */
export function notDisclosedTo(
  subject: Subject,
  { id }: OrganizationModel,
  rows: OrganizationRows,
): NotDisclosed[] {
  // Whoever belongs to an organization that isn't active may know of it.
  if (subject.organization === null && subject.memberOf !== undefined) return neighbour(subject, rows);
  if (subject.organization !== null)
    return [...neighbour(subject, rows), ...closedWorkspaces(subject, id, rows)];
  const [workspace] = rows.workspaces;
  return workspace === undefined ? [] : [ofOthers({ organization: id, workspace: workspace.id })];
}

/** A caller who is also a member of the other organization may know of it. */
function neighbour({ person }: Subject, { neighbour }: OrganizationRows): NotDisclosed[] {
  return neighbour === null || person.also?.includes(neighbour.organization) ? [] : [ofOthers(neighbour)];
}

function ofOthers(there: NotDisclosed["there"]): NotDisclosed {
  const nowhere = { organization: randomUUID(), workspace: randomUUID() };
  return { what: "ids of another organization", there, nowhere };
}

/** One inaccessible workspace in each state: one that wasn't granted, or one that was granted and is inactive. */
function closedWorkspaces(
  { workspaces: reached }: Subject,
  organization: string,
  { workspaces }: OrganizationRows,
): NotDisclosed[] {
  const closed = workspaces.filter(({ id }) => !reached.includes(id));
  const byState = new Map(closed.map((workspace) => [workspace.state, workspace]));
  return [...byState.values()].map(({ id, state }) => ({
    what: `an inaccessible workspace (${state})`,
    there: { organization, workspace: id },
    nowhere: { organization, workspace: randomUUID() },
  }));
}
