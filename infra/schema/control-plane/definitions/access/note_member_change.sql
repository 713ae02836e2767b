-- Records a change of an organization's members. A workspace that isn't active lets nobody in, whoever its members are.
create or replace function private.note_member_change() returns trigger
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

create or replace trigger note_member_change after insert or delete on public.members
  for each row execute function private.note_member_change();
create or replace trigger note_member_update after update on public.members for each row
  when ((old.organization_id, old.email, old.role, old.user_id, old.managed_by)
    is distinct from (new.organization_id, new.email, new.role, new.user_id, new.managed_by))
  execute function private.note_member_change();
