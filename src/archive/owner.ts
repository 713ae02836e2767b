import { UserError } from "@tenantry/core/errors";
import type { ArchiveHead } from "./contents.ts";

/** The workspace that an archive's rows are to be written into. */
export interface Target {
  /** As `agntdata.acme/production`. */
  readonly path: string;
  /** Its id. */
  readonly workspace: string;
  /** Its organization's id. */
  readonly organization: string;
  /** The ids of all workspaces that the organization declares, earlier generations included. */
  readonly siblings: readonly string[];
}

/**
 * Whether an archive was made of the target itself, or of another workspace of the target's organization.
 *
 * @throws UserError when it belongs to another organization, or when it doesn't say which one and none of the target's
 * organization's workspaces has its id
 */
export function relationOf(head: ArchiveHead, target: Target): "own" | "sibling" {
  const { workspace, organization } = head;
  if (organization !== undefined && organization !== target.organization)
    throw refusal(target, `belongs to another organization: it was made of ${originOf(head)}`, OWN);
  if (workspace === target.workspace) return "own";
  if (organization === undefined && !target.siblings.includes(workspace))
    throw refusal(
      target,
      `doesn't name its organization, and the workspace ${workspace} that it was made of isn't one of this organization's`,
      `${OWN} If that workspace left the YAML, declare it again first.`,
    );
  return "sibling";
}

/** What people know the archive's workspace by. */
export function originOf({ workspace, project }: ArchiveHead): string {
  return project === undefined ? `the workspace ${workspace}` : `${project}, workspace ${workspace}`;
}

const OWN = "An archive's rows only go back into workspaces of the organization that it was made of.";

function refusal({ path }: Target, what: string, remedy: string): UserError {
  return new UserError(`The archive isn't restored into ${path}: it ${what}.`, { remedy });
}
