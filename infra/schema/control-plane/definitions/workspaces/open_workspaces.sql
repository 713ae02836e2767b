-- Grants all members all workspaces, if the plan has no per-workspace access.
create or replace function private.open_workspaces(of_organization_id uuid) returns void
language sql set search_path = ''
as $$
  insert into public.workspace_members (workspace_id, organization_id, email, managed_by)
    select workspaces.id, organization_id, members.email, 'app'
    from public.members join public.workspaces using (organization_id)
    where organization_id = of_organization_id and role = 'member' and state <> 'deleted'
      and private.members_reach_all(of_organization_id)
    on conflict do nothing
$$;
