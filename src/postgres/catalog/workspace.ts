import * as z from "zod";
import { whereTableExists } from "./section.ts";

/** Who may enter a workspace's database; null where the database isn't a workspace's. */
export const workspaceShape = z
  .object({
    settings: z.object({ workspace_id: z.string(), issuer: z.string() }).nullable(),
    members: z.array(z.object({ email: z.string(), role: z.string(), managed_by: z.string() })),
  })
  .nullable();

/** `private.settings` is what only a workspace's database has (infra/schema/workspace). */
export const workspace = whereTableExists(
  "private.settings",
  `select jsonb_build_object(
    'settings', (select jsonb_build_object('workspace_id', workspace_id, 'issuer', issuer) from private.settings),
    'members', (select coalesce(jsonb_agg(jsonb_build_object('email', email, 'role', role, 'managed_by', managed_by)
      order by email), '[]') from public.workspace_members)
  ) as value`,
);
