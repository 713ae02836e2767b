-- Who may enter each workspace's own database. The control plane is the one place that says it; `tenantry webhook`, `tenantry
-- access` and `tenantry up` carry it to the workspaces.

-- The definition: owners and admins of the organization, and members that were granted the workspace, while it is active.
-- `user_id` is the account that verified the member's address; null until somebody did.
create view private.workspace_access with (security_invoker = true) as
  select workspaces.id as workspace_id, members.email, members.role, members.user_id,
    case members.role when 'member' then granted.managed_by else members.managed_by end as managed_by
  from public.workspaces
  join public.members on members.organization_id = workspaces.organization_id
  left join public.workspace_members granted on granted.workspace_id = workspaces.id and granted.email = members.email
  where workspaces.state = 'active' and (members.role in ('owner', 'admin') or granted.email is not null);

-- What isn't in the workspace's database yet: one row for each transaction that changed who may enter. Written in that transaction;
-- deleted once the workspace has it.
create table private.access_changes (
  workspace_id uuid not null references public.workspaces (id) on delete cascade,
  transaction xid8 not null default pg_current_xact_id(),
  -- Whether it may take access away. Such changes are delivered first.
  closes boolean not null,
  created_at timestamptz not null default clock_timestamp(),
  primary key (workspace_id, transaction)
);

-- How far each workspace's database is. The version grows each time that somebody reads who may enter in order to write it there;
-- the database keeps the version that it was written with and ignores a lower one. So a writer that was overtaken changes nothing.
create table private.access_deliveries (
  workspace_id uuid primary key references public.workspaces (id) on delete cascade,
  version bigint not null default 0,
  delivered_version bigint not null default 0,
  delivered_at timestamptz,
  -- How many attempts failed in a row, and why the last one did.
  failures integer not null default 0,
  failure text,
  next_attempt_at timestamptz not null default '-infinity'
);

create function private.note_access_change(of_workspace_ids uuid[], may_close boolean) returns void
language plpgsql set search_path = ''
as $$
begin
  insert into private.access_changes as noted (workspace_id, closes)
    select id, may_close from public.workspaces where id = any (of_workspace_ids) and project_ref is not null order by id
    on conflict (workspace_id, transaction) do update set closes = true where excluded.closes and not noted.closes;
  if found then
    -- Wakes whoever delivers, once this transaction commits.
    notify tenantry_access;
  end if;
end
$$;

-- A workspace that isn't active lets nobody in, whoever its members are.
create function private.note_member_change() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  perform private.note_access_change(
    array(select id from public.workspaces
      where organization_id in (old.organization_id, new.organization_id) and state = 'active'),
    tg_op <> 'INSERT');
  return null;
end
$$;
create trigger note_member_change after insert or delete on public.members
  for each row execute function private.note_member_change();
create trigger note_member_update after update on public.members for each row
  when ((old.organization_id, old.email, old.role, old.user_id, old.managed_by)
    is distinct from (new.organization_id, new.email, new.role, new.user_id, new.managed_by))
  execute function private.note_member_change();

create function private.note_grant_change() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  perform private.note_access_change(
    array(select id from public.workspaces where id in (old.workspace_id, new.workspace_id) and state = 'active'),
    tg_op <> 'INSERT');
  return null;
end
$$;
create trigger note_grant_change after insert or delete on public.workspace_members
  for each row execute function private.note_grant_change();
create trigger note_grant_update after update on public.workspace_members for each row
  when ((old.workspace_id, old.email, old.managed_by) is distinct from (new.workspace_id, new.email, new.managed_by))
  execute function private.note_grant_change();

create function private.note_workspace_change() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  if new.project_ref is not null then
    insert into private.access_deliveries (workspace_id) values (new.id) on conflict do nothing;
  end if;
  perform private.note_access_change(array[new.id], new.state <> 'active');
  return null;
end
$$;
create trigger note_workspace_insert after insert on public.workspaces
  for each row execute function private.note_workspace_change();
create trigger note_workspace_update after update on public.workspaces for each row
  when ((old.state, old.project_ref) is distinct from (new.state, new.project_ref))
  execute function private.note_workspace_change();

insert into private.access_deliveries (workspace_id) select id from public.workspaces where project_ref is not null;
select private.note_access_change(array(select id from public.workspaces where state = 'active'), true);

alter table private.access_changes enable row level security;
alter table private.access_deliveries enable row level security;
revoke execute on all functions in schema private from public, anon, authenticated;
