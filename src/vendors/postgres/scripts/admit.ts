import * as z from "zod";
import { passSpecification, specification } from "../quote.ts";
import { SETTINGS } from "./rollback.ts";

/** The SQLSTATE when the database belongs to another workspace. */
export const OTHER_WORKSPACE = "TN031";

/** Who may enter a workspace, as the control plane says. */
export interface Admission {
  /** The workspace's id. */
  readonly workspace: string;
  /** Whose tokens it trusts. */
  readonly issuer: string;
  /** Of this answer of the control plane. A database that was written with a higher one stays as it is. */
  readonly version: number;
  readonly members: readonly Admitted[];
  /**
   * For how many seconds the answer counts; null for good. Absent: as before.
   */
  readonly leaseSeconds?: number | null;
}

export const admittedShape = z.object({
  email: z.string(),
  role: z.string(),
  /** The account that verified the address; null while there is none. */
  user_id: z.string().nullable(),
  managed_by: z.string(),
});

export type Admitted = z.infer<typeof admittedShape>;

/**
 * Makes a workspace's database let in these people and nobody else, and returns the version that it then has. People are removed
 * before others are admitted. Repeating it changes nothing.
 */
export function admit(admission: Admission): string {
  return `
${SETTINGS.join("\n")}
${passSpecification(admission)}
do $tenantry$
declare
  wanted jsonb := ${specification};
  held private.settings;
begin
  insert into private.settings (workspace_id, issuer)
    values ((wanted ->> 'workspace')::uuid, wanted ->> 'issuer') on conflict (singleton) do nothing;
  select * into strict held from private.settings for no key update;
  if held.workspace_id <> (wanted ->> 'workspace')::uuid then
    raise exception '%', held.workspace_id using errcode = '${OTHER_WORKSPACE}';
  end if;
  if held.access_version >= (wanted ->> 'version')::bigint then
    return;
  end if;
  update private.settings set issuer = wanted ->> 'issuer', access_version = (wanted ->> 'version')::bigint,
    access_confirmed_at = clock_timestamp(),
    access_lease_seconds = case when wanted ? 'leaseSeconds' then (wanted ->> 'leaseSeconds')::integer
      else held.access_lease_seconds end;
  delete from public.workspace_members as gone
    where not exists (select from jsonb_to_recordset(wanted -> 'members') as it (email text) where it.email = gone.email);
  -- An account that has moved to another address is free before it is bound there.
  update public.workspace_members as moved set user_id = null
    from jsonb_to_recordset(wanted -> 'members') as it (email text, user_id uuid)
    where it.email = moved.email and moved.user_id is distinct from it.user_id and moved.user_id is not null;
  insert into public.workspace_members as member (email, role, user_id, managed_by)
    select email, role, user_id, managed_by
    from jsonb_to_recordset(wanted -> 'members') as it (email text, role text, user_id uuid, managed_by text)
    on conflict (workspace_id, email) do update
      set role = excluded.role, user_id = excluded.user_id, managed_by = excluded.managed_by
      where (member.role, member.user_id, member.managed_by)
        is distinct from (excluded.role, excluded.user_id, excluded.managed_by);
end
$tenantry$;
select access_version::text as version from private.settings;`;
}

/** Shuts out everyone. */
export const shutOut = "delete from public.workspace_members;";
