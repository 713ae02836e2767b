-- Who may enter each workspace's own database: while the workspace and its organization are active, the owners and admins of
-- its organization, and the members who were granted the workspace. `user_id` is the account that verified the member's address,
-- or null.
create or replace view private.workspace_access with (security_invoker = true) as
  select workspaces.id as workspace_id, members.email, members.role, members.user_id,
    case members.role when 'member' then granted.managed_by else members.managed_by end as managed_by
  from public.workspaces
  join public.organizations on organizations.id = workspaces.organization_id
  join public.members on members.organization_id = workspaces.organization_id
  left join public.workspace_members granted on granted.workspace_id = workspaces.id and granted.email = members.email
  where workspaces.state = 'active' and organizations.state = 'active'
    and (members.role in ('owner', 'admin') or granted.email is not null);
