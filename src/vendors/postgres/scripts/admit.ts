import * as z from "zod";
import { passSpecification, specification } from "../quote.ts";
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
do $tenantry$
declare
  delivered jsonb := ${specification};
  held private.settings;
begin
  insert into private.settings (workspace_id, issuer)
    values ((delivered ->> 'workspace')::uuid, delivered ->> 'issuer') on conflict (singleton) do nothing;
  select * into strict held from private.settings for no key update;
  if held.workspace_id <> (delivered ->> 'workspace')::uuid then
    raise exception '%', held.workspace_id using errcode = '${OTHER_WORKSPACE}';
  end if;
  if held.access_version >= (delivered ->> 'version')::bigint then
    return;
  end if;
  update private.settings set issuer = delivered ->> 'issuer', access_version = (delivered ->> 'version')::bigint,
    access_confirmed_at = clock_timestamp(),
    access_lease_seconds = case when delivered ? 'leaseSeconds' then (delivered ->> 'leaseSeconds')::integer
      else held.access_lease_seconds end;
  delete from public.workspace_members as gone
    where not exists (select from jsonb_to_recordset(delivered -> 'members') as it (email text) where it.email = gone.email);
  -- Release an account that moved to another address before it is bound to that address.
  update public.workspace_members as moved set user_id = null
    from jsonb_to_recordset(delivered -> 'members') as it (email text, user_id uuid)
    where it.email = moved.email and moved.user_id is distinct from it.user_id and moved.user_id is not null;
  insert into public.workspace_members as member (email, role, user_id, managed_by)
    select email, role, user_id, managed_by
    from jsonb_to_recordset(delivered -> 'members') as it (email text, role text, user_id uuid, managed_by text)
    on conflict (workspace_id, email) do update
      set role = excluded.role, user_id = excluded.user_id, managed_by = excluded.managed_by
      where (member.role, member.user_id, member.managed_by)
        is distinct from (excluded.role, excluded.user_id, excluded.managed_by);
end
$tenantry$;
select access_version::text as version from private.settings;`;
}

/** Removes all members. */
export const shutOut = "delete from public.workspace_members;";
