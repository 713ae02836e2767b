-- Credits that the requests of a calendar month (UTC) bought or will buy.
create or replace function private.reloaded_in_month(of_organization_id uuid, of_wallet text, at timestamptz) returns bigint
language sql stable set search_path = ''
as $$
  select coalesce(sum(amount), 0)::bigint from public.reloads
  where organization_id = of_organization_id and wallet = of_wallet
    and state in ('requested', 'processing', 'done')
    and requested_at >= date_trunc('month', at, 'UTC')
    and requested_at < date_trunc('month', at, 'UTC') + interval '1 month'
$$;
