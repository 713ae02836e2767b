-- Takes a workspace from a member. This works under an unpaid plan that has per-workspace access.
create or replace function private.revoke_workspace(of_workspace_id uuid, from_email text) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  workspace public.workspaces := private.act_in_workspace(of_workspace_id);
  granted public.workspace_members;
begin
  if private.members_reach_all(workspace.organization_id) then
    raise sqlstate 'PT402' using message = 'by the plan, members reach every workspace',
      hint = 'choose a plan with per-workspace access';
  end if;
  select * into granted from public.workspace_members where workspace_id = workspace.id and email = lower(from_email);
  if not found then
    raise sqlstate 'PT404' using message = 'there is no such member of the workspace';
  end if;
  perform private.refuse_of_manifest(granted.managed_by, workspace.organization_id, 'members');
  delete from public.workspace_members where workspace_id = workspace.id and email = granted.email;
end
$$;

create or replace function public.revoke_workspace(workspace_id uuid, email text) returns void
language sql set search_path = ''
as $$ select private.revoke_workspace(workspace_id, email) $$;
