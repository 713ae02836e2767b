-- Limits that hold for a person and for a day, whatever is given away or taken back meanwhile.

-- Who founded an organization in the product. It stays when the ownership moves, and when the user goes.
create table private.foundings (
  organization_id uuid primary key references public.organizations (id) on delete cascade,
  email text not null check (email = lower(email)),
  user_id uuid,
  created_at timestamptz not null default now()
);
create index foundings_email_idx on private.foundings (email);
create index foundings_user_id_idx on private.foundings (user_id);
alter table private.foundings enable row level security;

-- Who founded those of before isn't known: whoever owns them counts.
insert into private.foundings (organization_id, email, user_id)
  select organizations.id, email, user_id from public.organizations
  join public.members on members.organization_id = organizations.id and role = 'owner'
  where organizations.managed_by = 'app';

create function private.record_founding() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  insert into private.foundings (organization_id, email, user_id)
    select id, new.email, new.user_id from public.organizations where id = new.organization_id and managed_by = 'app'
    on conflict do nothing;
  return null;
end
$$;
-- A transfer of ownership updates rows: an owner who is inserted is the founder.
create trigger record_founding after insert on public.members
  for each row when (new.role = 'owner' and new.managed_by = 'app') execute function private.record_founding();

-- At most three new organizations of one person wait to be set up: those that the person founded, also when somebody else owns
-- them by now, and those that the person owns, also when somebody else founded them.
create function private.check_waiting(of_user_id uuid, of_email text, beside uuid) returns void
language plpgsql set search_path = ''
as $$
declare
  waiting_at_most constant integer := 3;
begin
  -- Two at once wait for each other, and the second counts the first.
  perform pg_advisory_xact_lock(hashtextextended('organizations of ' || of_user_id, 0));
  if (select count(*) from public.organizations
      where managed_by = 'app' and id is distinct from beside and id in (
        select organization_id from public.members where email = of_email and role = 'owner'
        union all
        select organization_id from private.foundings where user_id = of_user_id
        union all
        select organization_id from private.foundings where email = of_email)) >= waiting_at_most then
    raise sqlstate 'PT402' using message = format('%s new organizations wait to be set up already', waiting_at_most);
  end if;
end
$$;

create or replace function private.create_organization(shown_as text) returns uuid
language plpgsql security definer set search_path = ''
as $$
declare
  owner_email text := private.caller_email();
  founded uuid;
begin
  if owner_email is null then
    raise sqlstate 'PT403' using message = 'this takes a verified e-mail address';
  end if;
  perform private.check_display_name(shown_as);
  perform private.check_waiting(private.caller_id(), owner_email, null);
  founded := private.found_organization(owner_email, shown_as, gen_random_uuid()::text);
  if founded is null then
    raise sqlstate 'PT503' using message = 'the platform is not set up yet';
  end if;
  return founded;
end
$$;

-- As it was, but whoever gets a new organization has room for it.
create or replace function private.transfer_ownership(of_organization_id uuid, to_email text) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  heir public.members;
begin
  perform private.act_in_organization(of_organization_id, '{owner}');
  perform private.refuse_of_manifest(managed_by, of_organization_id, 'owner') from public.members
    where organization_id = of_organization_id and role = 'owner';
  heir := private.find_member(of_organization_id, to_email);
  if heir.role = 'owner' then return; end if;
  if heir.user_id is null then
    raise sqlstate 'PT409' using message = 'this member has not verified the address yet';
  end if;
  if exists (select from public.organizations where id = of_organization_id and managed_by = 'app') then
    perform private.check_waiting(heir.user_id, heir.email, of_organization_id);
  end if;
  -- In this order: there is one owner at any moment.
  update public.members set role = 'admin' where organization_id = of_organization_id and role = 'owner';
  update public.members set role = 'owner' where organization_id = of_organization_id and email = heir.email;
end
$$;

-- How many invitations an organization sent today. Revoking one takes none back: its letter is on its way.
create table private.invitation_days (
  organization_id uuid primary key references public.organizations (id) on delete cascade,
  day date not null,
  sent integer not null check (sent > 0),
  created_at timestamptz not null default now()
);
alter table private.invitation_days enable row level security;

-- Whether somebody pays for it: neither new, nor on trial, nor on a plan that costs nothing. A plan by contract has no amount.
create function private.is_paid(of_organization_id uuid) returns boolean
language sql stable set search_path = ''
as $$
  select organizations.managed_by = 'manifest' and subscription_status is distinct from 'trialing'
    and monthly_amount is distinct from 0
  from public.organizations join public.plans on plans.name = coalesce(plan_in_force, plan)
  where organizations.id = of_organization_id
$$;

-- The caller holds the lock on the organization's row.
create function private.count_invitation(of_organization_id uuid) returns void
language plpgsql set search_path = ''
as $$
declare
  unpaid_at_most constant integer := 20;
  counted integer;
begin
  insert into private.invitation_days as it (organization_id, day, sent)
    values (of_organization_id, (now() at time zone 'UTC')::date, 1)
    on conflict (organization_id) do update
      set sent = case it.day when excluded.day then it.sent + 1 else 1 end, day = excluded.day
    returning sent into counted;
  if counted > unpaid_at_most and not private.is_paid(of_organization_id) then
    raise sqlstate 'PT429' using message = format('%s invitations were sent today, the most without a paid plan', unpaid_at_most),
      hint = 'invite again tomorrow (UTC), or choose a plan that is paid';
  end if;
end
$$;

-- As it was, but counted.
create or replace function private.invite(
  of_organization_id uuid, to_email text, with_role text, to_workspaces text[], until date
) returns void
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  today date := (now() at time zone 'UTC')::date;
  invited text := lower(to_email);
  unknown text;
begin
  perform private.act_in_organization(of_organization_id,
    case with_role when 'admin' then '{owner}' else '{owner,admin}' end::text[]);
  if with_role is null or with_role not in ('admin', 'member') then
    raise sqlstate 'PT400' using message = 'a role is admin or member', hint = 'an owner is made by a transfer of ownership';
  end if;
  if invited is null or invited not like '%_@_%' or length(invited) > 254 then
    raise sqlstate 'PT400' using message = 'this is no e-mail address';
  end if;
  if until is null or until not between today and today + 90 then
    raise sqlstate 'PT400' using message = format('an invitation ends between %s and %s', today, today + 90);
  end if;
  if cardinality(to_workspaces) > 0 then
    if with_role = 'admin' then
      raise sqlstate 'PT400' using message = 'an admin reaches every workspace', hint = 'name no workspaces';
    end if;
    perform private.check_per_workspace_access(of_organization_id);
  end if;
  select wanted.name into unknown from unnest(to_workspaces) as wanted (name) where not exists (
    select from public.workspaces
    where organization_id = of_organization_id and workspaces.name = wanted.name and state <> 'deleted');
  if found then
    raise sqlstate 'PT404' using message = format('there is no workspace %L', unknown);
  end if;
  if exists (select from public.members where organization_id = of_organization_id and email = invited) then
    raise sqlstate 'PT409' using message = 'this address is a member already';
  end if;
  perform private.refuse_of_manifest(managed_by, of_organization_id, 'invitations') from public.invitations
    where organization_id = of_organization_id and email = invited;
  perform private.check_seat(of_organization_id, invited, true);
  perform private.count_invitation(of_organization_id);
  insert into public.invitations (organization_id, email, role, workspaces, expires_on, managed_by)
    values (of_organization_id, invited, with_role, coalesce(to_workspaces, '{}'), until, 'app')
    on conflict (organization_id, email) do update
      set role = excluded.role, workspaces = excluded.workspaces, expires_on = excluded.expires_on, accepted_at = null;
end
$$;

revoke execute on all functions in schema private from public, anon, authenticated;
