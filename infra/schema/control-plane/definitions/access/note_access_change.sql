-- Records that the access to some workspaces changed, and wakes the process that delivers it.
create or replace function private.note_access_change(of_workspace_ids uuid[], may_close boolean) returns void
language plpgsql set search_path = ''
as $$
begin
  insert into private.access_changes as noted (workspace_id, closes)
    select id, may_close from public.workspaces where id = any (of_workspace_ids) and project_ref is not null order by id
    on conflict (workspace_id, transaction) do update set closes = true where excluded.closes and not noted.closes;
  if found then
    -- Sent when this transaction commits.
    notify tenantry_access;
  end if;
end
$$;
