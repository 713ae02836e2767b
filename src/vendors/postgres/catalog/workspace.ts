import * as z from "zod";
import { admittedShape } from "../scripts/admit.ts";
import { whereTableExists } from "./section.ts";

/** The settings and members of a workspace's database. Null in other databases. */
export const workspaceShape = z
  .object({
    settings: z
      .object({
        workspace_id: z.string(),
        issuer: z.string(),
        /** The version of the last delivery from the control plane. Absent before the migration that adds it. */
        access_version: z.number().optional(),
        /** The time in seconds for which a delivery is valid. Null or absent: it never expires. */
        access_lease_seconds: z.number().nullish(),
        /** Whether the delivery has expired, so that nobody can enter. */
        expired: z.boolean(),
      })
      .nullable(),
    members: z.array(admittedShape),
  })
  .nullable();

/** Only workspaces' databases have `private.settings` (infra/schema/workspace). */
export const workspace = whereTableExists(
  "private.settings",
  `select jsonb_build_object(
    'settings', (select to_jsonb(it) || jsonb_build_object('expired', coalesce((to_jsonb(it) ->> 'access_confirmed_at')::timestamptz
        <= clock_timestamp() - make_interval(secs => (to_jsonb(it) ->> 'access_lease_seconds')::integer), false))
      from private.settings as it),
    'members', (select coalesce(jsonb_agg(jsonb_build_object('email', email, 'role', role, 'user_id', user_id,
      'managed_by', managed_by) order by email), '[]') from public.workspace_members)
  ) as value`,
);
