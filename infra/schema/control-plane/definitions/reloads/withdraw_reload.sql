-- Gives up a request that wasn't paid, because its organization isn't active any more. This is no decline.
create or replace function private.withdraw_reload(reload_id uuid, at timestamptz default now()) returns public.reloads
language plpgsql set search_path = ''
as $$
declare
  reload public.reloads := private.lock_reload(reload_id);
begin
  if reload.state in ('requested', 'processing') then
    update public.reloads set state = 'withdrawn', settled_at = at where id = reload_id returning * into reload;
  end if;
  return reload;
end
$$;
