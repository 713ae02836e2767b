-- Grants a member one workspace.
create or replace function private.grant_workspace(of_workspace_id uuid, to_email text) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  workspace public.workspaces := private.act_in_workspace(of_workspace_id);
  granted public.members;
begin
  perform private.check_per_workspace_access(workspace.organization_id);
  select * into granted from public.members
    where organization_id = workspace.organization_id and email = lower(to_email);
  if not found then
    raise sqlstate 'PT404' using message = 'there is no such member';
  end if;
  if granted.role <> 'member' then
    raise sqlstate 'PT409' using message = 'an owner or admin reaches every workspace';
  end if;
  insert into public.workspace_members (workspace_id, organization_id, email, managed_by)
    values (workspace.id, workspace.organization_id, granted.email, 'app') on conflict do nothing;
end
$$;

create or replace function public.grant_workspace(workspace_id uuid, email text) returns void
language sql set search_path = ''
as $$ select private.grant_workspace(workspace_id, email) $$;
