import * as z from "zod";
import { passSpecification, specification } from "../quote.ts";
import { sqlFile } from "../sql-file.ts";
import { SETTINGS } from "./rollback.ts";

/** The SQLSTATE for a database that belongs to another workspace. */
export const OTHER_WORKSPACE = "TN031";

/** The members of a workspace, as delivered by the control plane. */
export interface Admission {
  /** The workspace's id. */
  readonly workspace: string;
  /** The issuer of the tokens that it trusts. */
  readonly issuer: string;
  /** The version of this delivery. A database that has this version or a higher one stays unchanged. */
  readonly version: number;
  readonly members: readonly Admitted[];
  /** The time in seconds for which the delivery is valid; null: it never expires. Absent: unchanged. */
  readonly leaseSeconds?: number | null;
}

export const admittedShape = z.object({
  email: z.string(),
  role: z.string(),
  /** The account that verified the address; null if there is none yet. */
  user_id: z.string().nullable(),
  managed_by: z.string(),
});

export type Admitted = z.infer<typeof admittedShape>;

/**
 * Replaces the members of a workspace's database, and returns its resulting version. Removes members before it adds others.
 * Repeating it changes nothing.
 */
export function admit(admission: Admission): string {
  return `
${SETTINGS.join("\n")}
${passSpecification(admission)}
${ADMIT}`;
}

/** Removes all members. */
export const shutOut = "delete from public.workspace_members;";

const ADMIT = sqlFile("scripts/admit.sql", { specification, otherWorkspace: OTHER_WORKSPACE });
