-- Locks a request's wallet and then the request, in the order in which a debit locks them.
create or replace function private.lock_reload(reload_id uuid) returns public.reloads
language plpgsql set search_path = ''
as $$
declare
  reload public.reloads;
begin
  perform from public.wallets where (organization_id, name) =
    (select organization_id, wallet from public.reloads where id = reload_id) for no key update;
  select * into reload from public.reloads where id = reload_id for update;
  if not found then raise exception 'there is no reload %', reload_id using errcode = 'no_data_found'; end if;
  return reload;
end
$$;
