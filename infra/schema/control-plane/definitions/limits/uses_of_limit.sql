-- How many there are besides one, which may be counted already. The caller holds the lock on the organization's row.
create or replace function private.uses_of_limit(of_organization_id uuid, of_limit text, beside text default null) returns bigint
language sql stable set search_path = ''
as $$
  select count(distinct thing) from private.limit_uses
  where organization_id = of_organization_id and limit_name = of_limit and thing is distinct from beside
$$;
