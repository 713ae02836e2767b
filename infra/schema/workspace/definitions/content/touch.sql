-- Sets the time of the last change.
create or replace function private.touch() returns trigger
language plpgsql set search_path = ''
as $$
begin
  new.updated_at := now();
  return new;
end
$$;

create or replace trigger touch before update on public.files for each row execute function private.touch();
create or replace trigger touch before update on public.chats for each row execute function private.touch();
create or replace trigger touch before update on public.agent_state for each row execute function private.touch();
