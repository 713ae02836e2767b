import { UserError } from "@tenantry/core/errors";
import type { ArchiveHead } from "./contents.ts";

/** The workspace to restore an archive into. */
export interface Target {
  /** Stack and workspace: `agntdata.acme/production`. */
  readonly path: string;
  /** The workspace's id. */
  readonly workspace: string;
  /** The organization's id. */
  readonly organization: string;
  /** The ids of all workspaces that the organization declares, including earlier generations. */
  readonly siblings: readonly string[];
}

/**
 * Whether an archive is of the target itself, or of another workspace of the same organization.
 *
 * @throws UserError if it belongs to another organization, or if it names no organization and its workspace isn't one of the
 * target's organization
 */
export function relationOf(head: ArchiveHead, target: Target): "own" | "sibling" {
  const { workspace, organization } = head;
  if (organization !== undefined && organization !== target.organization)
    throw refusal(target, `belongs to another organization: it is an archive of ${originOf(head)}`, OWN);
  if (workspace === target.workspace) return "own";
  if (organization === undefined && !target.siblings.includes(workspace))
    throw refusal(
      target,
      `doesn't name its organization, and its workspace ${workspace} doesn't belong to this organization`,
      `${OWN} If that workspace was removed from the YAML, declare it again first.`,
    );
  return "sibling";
}

/** Describes the archive's workspace. */
export function originOf({ workspace, project }: ArchiveHead): string {
  return project === undefined ? `the workspace ${workspace}` : `${project}, workspace ${workspace}`;
}

const OWN = "Restore an archive only into workspaces of its own organization.";

function refusal({ path }: Target, reason: string, remedy: string): UserError {
  return new UserError(`The archive can't be restored into ${path}: it ${reason}.`, { remedy });
}
