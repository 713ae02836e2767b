import { randomUUID } from "node:crypto";
import type { OrganizationModel } from "../model/model.ts";
import type { Hidden } from "../vendors/postgres/scripts/try-access.ts";
import type { Subject } from "./matrix.ts";
import type { OrganizationRows } from "./organization-rows.ts";

/** What of a control plane somebody mustn't even learn of: another organization, and of the own one the workspaces out of reach. */
export function undisclosedTo(subject: Subject, { id }: OrganizationModel, rows: OrganizationRows): Hidden[] {
  if (subject.organization !== null)
    return [...neighbour(subject, rows), ...closedWorkspaces(subject, id, rows)];
  const [workspace] = rows.workspaces;
  return workspace === undefined ? [] : [ofOthers({ organization: id, workspace: workspace.id })];
}

/** Whoever is in the neighbour's organization, too, knows of it. */
function neighbour({ person }: Subject, { neighbour }: OrganizationRows): Hidden[] {
  return neighbour === null || person.also?.includes(neighbour.organization) ? [] : [ofOthers(neighbour)];
}

function ofOthers(there: Hidden["there"]): Hidden {
  const nowhere = { organization: randomUUID(), workspace: randomUUID() };
  return { what: "what is somebody else's", there, nowhere };
}

/** One in each state: out of reach are those that weren't granted, and those that were and are closed for a while. */
function closedWorkspaces(
  { workspaces: reached }: Subject,
  organization: string,
  { workspaces }: OrganizationRows,
): Hidden[] {
  const closed = workspaces.filter(({ id }) => !reached.includes(id));
  const byState = new Map(closed.map((workspace) => [workspace.state, workspace]));
  return [...byState.values()].map(({ id, state }) => ({
    what: `a workspace out of their reach (${state})`,
    there: { organization, workspace: id },
    nowhere: { organization, workspace: randomUUID() },
  }));
}
