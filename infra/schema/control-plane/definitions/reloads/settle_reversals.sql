-- Takes what wallets owe from the credits that they received since. Returns how many credits were taken.
create or replace function private.settle_reversals() returns bigint
language plpgsql set search_path = ''
as $$
declare
  indebted record;
  settled bigint := 0;
begin
  for indebted in
    select id from public.reloads where taken_back < reversed order by organization_id, wallet, requested_at
  loop
    settled := settled + private.take_back(indebted.id);
  end loop;
  return settled;
end
$$;
