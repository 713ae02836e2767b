import { passSpecification, specification } from "../quote.ts";

/** The SQLSTATE when the database belongs to another workspace. */
export const OTHER_WORKSPACE = "TN031";

/**
 * Says whose database it is, whose tokens it trusts and who may enter. Rows that the app manages stay as they are, unless
 * they are declared: then they become the manifest's.
 */
export function admit(
  workspace: string,
  issuer: string,
  members: Readonly<Record<string, { readonly role: string }>>,
): string {
  return `
${passSpecification({ workspace, issuer, members })}
do $tenantry$
declare
  declared jsonb := ${specification};
begin
  insert into private.settings (workspace_id, issuer)
    values ((declared ->> 'workspace')::uuid, declared ->> 'issuer')
    on conflict (singleton) do update set issuer = excluded.issuer where settings.issuer <> excluded.issuer;
  if (select workspace_id from private.settings) <> (declared ->> 'workspace')::uuid then
    raise exception '%', (select workspace_id from private.settings) using errcode = '${OTHER_WORKSPACE}';
  end if;
  delete from public.workspace_members where managed_by = 'manifest' and not declared -> 'members' ? email;
  insert into public.workspace_members (workspace_id, email, role, managed_by)
    select (declared ->> 'workspace')::uuid, key, value ->> 'role', 'manifest' from jsonb_each(declared -> 'members')
    on conflict (workspace_id, email) do update set role = excluded.role, managed_by = excluded.managed_by
      where (workspace_members.role, workspace_members.managed_by) <> (excluded.role, excluded.managed_by);
end
$tenantry$;`;
}

/** Shuts out everyone whom the manifest let in. */
export const shutOut = "delete from public.workspace_members where managed_by = 'manifest';";
