import * as z from "zod";
import { admittedShape } from "../scripts/admit.ts";
import { whereTableExists } from "./section.ts";

/** Who may enter a workspace's database; null where the database isn't a workspace's. */
export const workspaceShape = z
  .object({
    settings: z
      .object({
        workspace_id: z.string(),
        issuer: z.string(),
        /** Of the control plane's answer that was written last; absent before a migration. */
        access_version: z.number().optional(),
        /** How long that answer counts, in seconds; null or absent: for good. */
        access_lease_seconds: z.number().nullish(),
        /** Whether it is so old that nobody enters. */
        expired: z.boolean(),
      })
      .nullable(),
    members: z.array(admittedShape),
  })
  .nullable();

/** `private.settings` is what only a workspace's database has (infra/schema/workspace). */
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
