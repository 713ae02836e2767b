-- Uses some of a quota of an active workspace: all of the amount, or nothing. `remaining` is null for an unlimited quota. `wait`
-- says when to try again after a refusal; it is null if the amount is larger than the whole quota.
create or replace function private.consume_quota(
  of_workspace_id uuid,
  of_quota text,
  amount bigint,
  at timestamptz default clock_timestamp(),
  out allowed boolean,
  out remaining bigint,
  out wait interval
) language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  owner_id uuid;
  allowance bigint;
  began timestamptz := date_trunc(case of_quota when 'rpm' then 'minute' else 'month' end, at, 'UTC');
  span interval := case of_quota when 'rpm' then interval '1 minute' else interval '1 month' end;
  spent record;
  workspace_state text;
  organization_state text;
begin
  if of_quota is null or of_quota not in ('rpm', 'webhook_events') or amount is null or amount <= 0 then
    raise exception 'a quota is rpm or webhook_events, and an amount above zero' using errcode = 'invalid_parameter_value';
  end if;
  select organization_id, case of_quota when 'rpm' then quotas.rpm else quotas.webhook_events end,
      workspaces.state, organizations.state
    into owner_id, allowance, workspace_state, organization_state
    from public.workspaces
    join public.quotas using (organization_id)
    join public.organizations on organizations.id = organization_id
    where workspaces.id = of_workspace_id;
  if not found then
    raise exception 'there are no quotas for workspace %', of_workspace_id using errcode = 'no_data_found';
  end if;
  perform private.refuse_inactive('organization', organization_state);
  perform private.refuse_inactive('workspace', workspace_state);
  if allowance is null then
    allowed := true;
    return;
  end if;

  if amount <= allowance then
    -- A call that waited for the row while the next period began counts in that period: a period never begins twice.
    insert into public.quota_usage as usage (organization_id, quota, since, used)
      values (owner_id, of_quota, began, consume_quota.amount)
      on conflict (organization_id, quota) do update
        set since = greatest(usage.since, excluded.since),
          used = excluded.used + case when usage.since < excluded.since then 0 else usage.used end
        where excluded.used + case when usage.since < excluded.since then 0 else usage.used end <= allowance
      returning used into remaining;
    allowed := found;
  else
    allowed := false;
  end if;
  if allowed then
    remaining := allowance - remaining;
    return;
  end if;
  select since, used into spent from public.quota_usage where organization_id = owner_id and quota = of_quota;
  began := greatest(began, spent.since);
  remaining := greatest(allowance - case when spent.since = began then spent.used else 0 end, 0);
  if amount <= allowance then
    wait := greatest((began at time zone 'UTC' + span) at time zone 'UTC' - at, interval '0');
  end if;
end
$$;

create or replace function public.consume_quota(
  workspace_id uuid,
  quota text,
  amount bigint default 1,
  out allowed boolean,
  out remaining bigint,
  out wait_seconds double precision
) language plpgsql set search_path = ''
as $$
begin
  select it.allowed, it.remaining, extract(epoch from it.wait) into allowed, remaining, wait_seconds
    from private.consume_quota(workspace_id, quota, amount) as it;
end
$$;
