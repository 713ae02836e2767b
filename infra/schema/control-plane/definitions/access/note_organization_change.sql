-- Records that an organization opened or closed, which opens or closes its workspaces.
create or replace function private.note_organization_change() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  perform private.note_access_change(
    array(select id from public.workspaces where organization_id = new.id and state = 'active'), new.state <> 'active');
  return null;
end
$$;

create or replace trigger note_organization_update after update on public.organizations for each row
  when (old.state is distinct from new.state)
  execute function private.note_organization_change();
