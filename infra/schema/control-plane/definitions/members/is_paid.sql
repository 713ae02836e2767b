-- Whether somebody pays for the organization: it isn't new, on trial, or on a free plan. A plan by contract has no amount.
create or replace function private.is_paid(of_organization_id uuid) returns boolean
language sql stable set search_path = ''
as $$
  select organizations.managed_by = 'manifest' and subscription_status is distinct from 'trialing'
    and monthly_amount is distinct from 0
  from public.organizations join public.plans on plans.name = coalesce(plan_in_force, plan)
  where organizations.id = of_organization_id
$$;
