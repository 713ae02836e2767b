-- What each workspace spent in a calendar month (UTC), minus refunds. The row without a workspace is the sum of all
-- workspaces.
create or replace view public.wallet_spend with (security_invoker = true) as
  select organization_id, wallet, month, workspace_id, (-sum(amount))::bigint as credits,
    count(*) filter (where kind = 'debit') as debits
  from (
    select organization_id, wallet, date_trunc('month', created_at at time zone 'UTC')::date as month, workspace_id,
      amount, kind
    from public.wallet_entries
    where kind = 'debit' or (kind = 'refund' and of_entry_id is not null)
  ) as spent
  group by grouping sets ((organization_id, wallet, month, workspace_id), (organization_id, wallet, month));
