-- Records a change of who was granted a workspace.
create or replace function private.note_grant_change() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  perform private.note_access_change(
    array(select id from public.workspaces where id in (old.workspace_id, new.workspace_id) and state = 'active'),
    tg_op <> 'INSERT');
  return null;
end
$$;

create or replace trigger note_grant_change after insert or delete on public.workspace_members
  for each row execute function private.note_grant_change();
create or replace trigger note_grant_update after update on public.workspace_members for each row
  when ((old.workspace_id, old.email, old.managed_by) is distinct from (new.workspace_id, new.email, new.managed_by))
  execute function private.note_grant_change();
