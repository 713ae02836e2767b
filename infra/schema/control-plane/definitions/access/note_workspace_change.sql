-- Records that a workspace opened, closed or got its project.
create or replace function private.note_workspace_change() returns trigger
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

create or replace trigger note_workspace_insert after insert on public.workspaces
  for each row execute function private.note_workspace_change();
create or replace trigger note_workspace_update after update on public.workspaces for each row
  when ((old.state, old.project_ref) is distinct from (new.state, new.project_ref))
  execute function private.note_workspace_change();
