-- What each text may be that people and the product's servers write: the rules of src/shared/text-rules.ts, which a test
-- compares. Rows from before stay as they are until the text itself changes: a constraint would refuse every other change of
-- such a row too.

create function private.is_slug(value text) returns boolean
language sql immutable set search_path = ''
as $$ select length(value) <= 40 and value ~ '^[a-z][a-z0-9]*(-[a-z0-9]+)*$' $$;

create function private.is_display_name(value text) returns boolean
language sql immutable set search_path = ''
as $$ select length(value) <= 100 and value ~ '^[\u0020\u00a0\u1680\u180b-\u180f\u2000-\u200a\u200c-\u200d\u202f\u205f\u2800\u3000\ufe00-\ufe0f\U000e0100-\U000e01ef]*[^\u0000-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f-\u1160\u17b4-\u17b5\u200b\u200e-\u200f\u2028-\u202e\u2060-\u206f\u3164\ue000-\uf8ff\ufdd0-\ufdef\ufeff\uffa0\ufff0-\ufffc\ufffe-\uffff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e00ff\U000e01f0-\U0010ffff\u0020\u00a0\u1680\u180b-\u180f\u2000-\u200a\u200c-\u200d\u202f\u205f\u2800\u3000\ufe00-\ufe0f\U000e0100-\U000e01ef][^\u0000-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f-\u1160\u17b4-\u17b5\u200b\u200e-\u200f\u2028-\u202e\u2060-\u206f\u3164\ue000-\uf8ff\ufdd0-\ufdef\ufeff\uffa0\ufff0-\ufffc\ufffe-\uffff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e00ff\U000e01f0-\U0010ffff]*$' $$;

create function private.is_line(value text) returns boolean
language sql immutable set search_path = ''
as $$ select length(value) <= 1000 and value ~ '^[\u0020\u00a0\u1680\u180b-\u180f\u2000-\u200a\u200c-\u200d\u202f\u205f\u2800\u3000\ufe00-\ufe0f\U000e0100-\U000e01ef]*[^\u0000-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f-\u1160\u17b4-\u17b5\u200b\u200e-\u200f\u2028-\u202e\u2060-\u206f\u3164\ue000-\uf8ff\ufdd0-\ufdef\ufeff\uffa0\ufff0-\ufffc\ufffe-\uffff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e00ff\U000e01f0-\U0010ffff\u0020\u00a0\u1680\u180b-\u180f\u2000-\u200a\u200c-\u200d\u202f\u205f\u2800\u3000\ufe00-\ufe0f\U000e0100-\U000e01ef][^\u0000-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f-\u1160\u17b4-\u17b5\u200b\u200e-\u200f\u2028-\u202e\u2060-\u206f\u3164\ue000-\uf8ff\ufdd0-\ufdef\ufeff\uffa0\ufff0-\ufffc\ufffe-\uffff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e00ff\U000e01f0-\U0010ffff]*$' $$;

create function private.is_host(value text) returns boolean
language sql immutable set search_path = ''
as $$ select length(value) <= 253 and value ~ '^(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])$' $$;

create function private.is_email(value text) returns boolean
language sql immutable set search_path = ''
as $$ select length(value) <= 254 and value ~ '^(?=[^@]{1,64}@)[A-Za-z0-9!#$%&''*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&''*+/=?^_`{|}~-]+)*@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])$' $$;

create function private.is_schedule_pattern(value text) returns boolean
language sql immutable set search_path = ''
as $$ select length(value) <= 256 and value ~ '^(?:(?:[0-5]?[0-9])(?:-(?:[0-5]?[0-9])(?:/(?:[1-5]?[1-9]|[1-6]0))?)?|\*(?:/(?:[1-5]?[1-9]|[1-6]0))?)(?:,(?:(?:[0-5]?[0-9])(?:-(?:[0-5]?[0-9])(?:/(?:[1-5]?[1-9]|[1-6]0))?)?|\*(?:/(?:[1-5]?[1-9]|[1-6]0))?))* +(?:(?:[01]?[0-9]|2[0-3])(?:-(?:[01]?[0-9]|2[0-3])(?:/(?:1?[1-9]|10|2[0-4]))?)?|\*(?:/(?:1?[1-9]|10|2[0-4]))?)(?:,(?:(?:[01]?[0-9]|2[0-3])(?:-(?:[01]?[0-9]|2[0-3])(?:/(?:1?[1-9]|10|2[0-4]))?)?|\*(?:/(?:1?[1-9]|10|2[0-4]))?))* +(?:(?:0?[1-9]|[12][0-9]|3[01])(?:-(?:0?[1-9]|[12][0-9]|3[01])(?:/(?:[12]?[1-9]|[123]0|31))?)?|\*(?:/(?:[12]?[1-9]|[123]0|31))?)(?:,(?:(?:0?[1-9]|[12][0-9]|3[01])(?:-(?:0?[1-9]|[12][0-9]|3[01])(?:/(?:[12]?[1-9]|[123]0|31))?)?|\*(?:/(?:[12]?[1-9]|[123]0|31))?))* +(?:(?:0?[1-9]|1[0-2]|[Jj][Aa][Nn]|[Ff][Ee][Bb]|[Mm][Aa][Rr]|[Aa][Pp][Rr]|[Mm][Aa][Yy]|[Jj][Uu][Nn]|[Jj][Uu][Ll]|[Aa][Uu][Gg]|[Ss][Ee][Pp]|[Oo][Cc][Tt]|[Nn][Oo][Vv]|[Dd][Ee][Cc])(?:-(?:0?[1-9]|1[0-2]|[Jj][Aa][Nn]|[Ff][Ee][Bb]|[Mm][Aa][Rr]|[Aa][Pp][Rr]|[Mm][Aa][Yy]|[Jj][Uu][Nn]|[Jj][Uu][Ll]|[Aa][Uu][Gg]|[Ss][Ee][Pp]|[Oo][Cc][Tt]|[Nn][Oo][Vv]|[Dd][Ee][Cc])(?:/(?:[1-9]|1[0-2]))?)?|\*(?:/(?:[1-9]|1[0-2]))?)(?:,(?:(?:0?[1-9]|1[0-2]|[Jj][Aa][Nn]|[Ff][Ee][Bb]|[Mm][Aa][Rr]|[Aa][Pp][Rr]|[Mm][Aa][Yy]|[Jj][Uu][Nn]|[Jj][Uu][Ll]|[Aa][Uu][Gg]|[Ss][Ee][Pp]|[Oo][Cc][Tt]|[Nn][Oo][Vv]|[Dd][Ee][Cc])(?:-(?:0?[1-9]|1[0-2]|[Jj][Aa][Nn]|[Ff][Ee][Bb]|[Mm][Aa][Rr]|[Aa][Pp][Rr]|[Mm][Aa][Yy]|[Jj][Uu][Nn]|[Jj][Uu][Ll]|[Aa][Uu][Gg]|[Ss][Ee][Pp]|[Oo][Cc][Tt]|[Nn][Oo][Vv]|[Dd][Ee][Cc])(?:/(?:[1-9]|1[0-2]))?)?|\*(?:/(?:[1-9]|1[0-2]))?))* +(?:(?:0?[0-7]|[Ss][Uu][Nn]|[Mm][Oo][Nn]|[Tt][Uu][Ee]|[Ww][Ee][Dd]|[Tt][Hh][Uu]|[Ff][Rr][Ii]|[Ss][Aa][Tt])(?:-(?:0?[0-7]|[Ss][Uu][Nn]|[Mm][Oo][Nn]|[Tt][Uu][Ee]|[Ww][Ee][Dd]|[Tt][Hh][Uu]|[Ff][Rr][Ii]|[Ss][Aa][Tt])(?:/(?:[1-7]))?)?|\*(?:/(?:[1-7]))?)(?:,(?:(?:0?[0-7]|[Ss][Uu][Nn]|[Mm][Oo][Nn]|[Tt][Uu][Ee]|[Ww][Ee][Dd]|[Tt][Hh][Uu]|[Ff][Rr][Ii]|[Ss][Aa][Tt])(?:-(?:0?[0-7]|[Ss][Uu][Nn]|[Mm][Oo][Nn]|[Tt][Uu][Ee]|[Ww][Ee][Dd]|[Tt][Hh][Uu]|[Ff][Rr][Ii]|[Ss][Aa][Tt])(?:/(?:[1-7]))?)?|\*(?:/(?:[1-7]))?))*$' $$;

create function private.is_prose(value text) returns boolean
language sql immutable set search_path = ''
as $$ select length(value) <= 4000 and value ~ '^[^\u0000-\u0008\u000b-\u000c\u000e-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f-\u1160\u17b4-\u17b5\u200b\u200e-\u200f\u2028-\u202e\u2060-\u206f\u3164\ue000-\uf8ff\ufdd0-\ufdef\ufeff\uffa0\ufff0-\ufffc\ufffe-\uffff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e00ff\U000e01f0-\U0010ffff]*$' $$;

create function private.is_key(value text) returns boolean
language sql immutable set search_path = ''
as $$ select length(value) <= 255 and value ~ '^[^\u0000-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f-\u1160\u17b4-\u17b5\u200b\u200e-\u200f\u2028-\u202e\u2060-\u206f\u3164\ue000-\uf8ff\ufdd0-\ufdef\ufeff\uffa0\ufff0-\ufffc\ufffe-\uffff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e00ff\U000e01f0-\U0010ffff]+$' $$;

create function private.schedule_in_numbers(schedule text) returns text
language sql immutable set search_path = ''
as $$
  select replace(replace(replace(replace(replace(replace(replace(
    replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(
      lower(schedule),
      'jan', '1'), 'feb', '2'), 'mar', '3'), 'apr', '4'), 'may', '5'), 'jun', '6'), 'jul', '7'), 'aug', '8'), 'sep', '9'),
      'oct', '10'), 'nov', '11'), 'dec', '12'), '-sun', '-7'), 'sun', '0'), 'mon', '1'), 'tue', '2'), 'wed', '3'),
      'thu', '4'), 'fri', '5'), 'sat', '6')
$$;

-- With what a pattern can't say: a range goes upwards. In a range, `sun` ends the week.
create or replace function private.is_schedule(schedule text) returns boolean
language sql immutable set search_path = ''
as $$
  select coalesce(private.is_schedule_pattern(schedule) and not exists (
    select from regexp_matches(private.schedule_in_numbers(schedule), '([0-9]+)-([0-9]+)', 'g') as range
    where range[1]::integer > range[2]::integer), false)
$$;

-- As it was, of a schedule that is one; linear.
create or replace function private.schedule_values(given text, field integer) returns integer[]
language sql immutable set search_path = ''
as $$
  select array_agg(distinct number)
  from regexp_split_to_table(given, ',') as part,
    regexp_match(part, '^([0-9]+)?(?:-([0-9]+))?') as bounds,
    generate_series(
      coalesce(bounds[1]::integer, ('{0,0,1,1,0}'::integer[])[field]),
      coalesce(bounds[2]::integer, bounds[1]::integer, ('{59,23,31,12,7}'::integer[])[field]),
      coalesce(nullif(split_part(part, '/', 2), '')::integer, 1)) as number
$$;

create or replace function private.comes_round(schedule text) returns boolean
language sql immutable set search_path = ''
as $$
  select given[5] <> '*' or exists (
    select from unnest(private.schedule_values(given[4], 4)) as month, unnest(private.schedule_values(given[3], 3)) as day
    where day <= ('{31,29,31,30,31,30,31,31,30,31,30,31}'::integer[])[month])
  from regexp_split_to_array(private.schedule_in_numbers(schedule), ' +') as given
$$;

create or replace function private.check_slug(slug text) returns void
language plpgsql immutable set search_path = ''
as $$
begin
  if private.is_slug(slug) is not true then
    raise sqlstate 'PT400' using message = format('%s is no name', coalesce(quote_literal(left(slug, 100)), 'nothing')),
      hint = 'up to 40 lower-case letters, digits and single hyphens, beginning with a letter';
  end if;
end
$$;

create or replace function private.check_display_name(name text) returns void
language plpgsql immutable set search_path = ''
as $$
begin
  if private.is_display_name(name) is not true then
    raise sqlstate 'PT400' using message = 'this is no name to show', hint = private.expected_text('display_name');
  end if;
end
$$;

-- The words of the rules, as manifests use them.
create function private.expected_text(rule text) returns text
language sql immutable set search_path = ''
as $$
  select case rule
    when 'slug' then 'a slug: up to 40 lower-case letters, digits and single hyphens, beginning with a letter'
    when 'display_name' then 'one line of text, up to 100 characters, without control, direction or invisible characters'
    when 'line' then 'one line of text, up to 1,000 characters, without control, direction or invisible characters'
    when 'host' then 'a domain as store.acme.example (internationalised names in their xn-- form)'
    when 'email' then 'an e-mail address as ada@acme.example'
    when 'schedule_pattern' then 'the five fields of cron, up to 256 characters, as "0 3 * * *"'
    when 'prose' then 'text of up to 4,000 characters, without control, direction or invisible characters (line breaks and tabs aside)'
    when 'key' then 'a key of 1 to 255 characters, without control, direction or invisible characters'
  end
$$;

-- For triggers, whose condition is the rule: refuses a text that is new.
create function private.refuse_text() returns trigger
language plpgsql set search_path = ''
as $$
begin
  if tg_op = 'UPDATE' and to_jsonb(new) -> tg_argv[0] is not distinct from to_jsonb(old) -> tg_argv[0] then
    return new;
  end if;
  raise sqlstate 'PT400' using message = format('`%s` isn''t what it should be', tg_argv[0]),
    hint = 'expected ' || coalesce(private.expected_text(tg_argv[1]), tg_argv[1]);
end
$$;

create trigger text_of_name before insert or update of name on public.organizations
  for each row when (private.is_slug(new.name) is not true)
  execute function private.refuse_text('name', 'slug');
create trigger text_of_display_name before insert or update of display_name on public.organizations
  for each row when (private.is_display_name(new.display_name) is not true)
  execute function private.refuse_text('display_name', 'display_name');
create trigger text_of_billing_email before insert or update of billing_email on public.organizations
  for each row when (private.is_email(new.billing_email) is not true)
  execute function private.refuse_text('billing_email', 'email');
create trigger text_of_email before insert or update of email on public.members
  for each row when (private.is_email(new.email) is not true)
  execute function private.refuse_text('email', 'email');
create trigger text_of_email before insert or update of email on public.invitations
  for each row when (private.is_email(new.email) is not true)
  execute function private.refuse_text('email', 'email');
create trigger text_of_workspaces before insert or update of workspaces on public.invitations
  for each row when (cardinality(new.workspaces) > 1000)
  execute function private.refuse_text('workspaces', 'up to 1,000 names');
create trigger text_of_name before insert or update of name on public.claim_tokens
  for each row when (private.is_slug(new.name) is not true)
  execute function private.refuse_text('name', 'slug');
create trigger text_of_email before insert or update of email on public.claim_tokens
  for each row when (private.is_email(new.email) is false)
  execute function private.refuse_text('email', 'email');
create trigger text_of_name before insert or update of name on public.workspaces
  for each row when (private.is_slug(new.name) is not true)
  execute function private.refuse_text('name', 'slug');
create trigger text_of_display_name before insert or update of display_name on public.workspaces
  for each row when (private.is_display_name(new.display_name) is not true)
  execute function private.refuse_text('display_name', 'display_name');
create trigger text_of_email before insert or update of email on public.workspaces
  for each row when (private.is_email(new.email) is false)
  execute function private.refuse_text('email', 'email');
create trigger text_of_name before insert or update of name on public.connections
  for each row when (private.is_slug(new.name) is not true)
  execute function private.refuse_text('name', 'slug');
create trigger text_of_kind before insert or update of kind on public.connections
  for each row when (private.is_slug(new.kind) is not true)
  execute function private.refuse_text('kind', 'slug');
create trigger text_of_reference before insert or update of reference on private.connection_credentials
  for each row when (private.is_line(new.reference) is not true)
  execute function private.refuse_text('reference', 'line');
create trigger text_of_name before insert or update of name on public.apps
  for each row when (private.is_slug(new.name) is not true)
  execute function private.refuse_text('name', 'slug');
create trigger text_of_domain before insert or update of domain on public.apps
  for each row when (private.is_host(new.domain) is false)
  execute function private.refuse_text('domain', 'host');
create trigger text_of_name before insert or update of name on public.cron_jobs
  for each row when (private.is_slug(new.name) is not true)
  execute function private.refuse_text('name', 'slug');
create trigger text_of_schedule before insert or update of schedule on public.cron_jobs
  for each row when (private.is_schedule(new.schedule) is not true)
  execute function private.refuse_text('schedule', 'schedule_pattern');
create trigger text_of_task before insert or update of task on public.cron_jobs
  for each row when (private.is_line(new.task) is not true)
  execute function private.refuse_text('task', 'line');
create trigger text_of_name before insert or update of name on public.api_keys
  for each row when (private.is_slug(new.name) is not true)
  execute function private.refuse_text('name', 'slug');
create trigger text_of_reason before insert or update of reason on public.escalations
  for each row when (private.is_prose(new.reason) is not true)
  execute function private.refuse_text('reason', 'prose');

-- A debit writes one row into each of these two tables: built-in functions cost it the least. Neither table's rows change.
alter table public.usage_logs
  add constraint usage_logs_sizes check (length(operation) <= 255 and octet_length(details::text) <= 16384) not valid;
create or replace function private.is_sound(entry public.wallet_entries) returns boolean
language plpgsql immutable set search_path = ''
as $$
begin
  if length(entry.key) > 255 or length(entry.description) > 1000 then
    raise sqlstate 'PT400' using message = 'the key or the description of a wallet entry is too long',
      hint = 'a key of up to 240 characters, a description of up to 1,000';
  end if;
  return entry.key <> ''
    and entry.managed_by in ('manifest', 'app')
    and case
      when entry.kind in ('debit', 'expiry', 'reversal') then entry.amount < 0
      when entry.kind in ('opening', 'trial', 'plan', 'purchase', 'refund') then entry.amount > 0
      else false
    end
    and (entry.kind <> 'debit' or entry.workspace_id is not null)
    -- The debit that a refund takes back, the credits that an expiry ends, or the purchase whose payment was taken back.
    and case
      when entry.kind in ('expiry', 'reversal') then entry.of_entry_id is not null
      else entry.kind = 'refund' or entry.of_entry_id is null
    end
    and (entry.expires_at is null or entry.amount > 0);
end
$$;

-- As it was, but for an address that Supabase Auth accepts and no manifest does: such a user signs in, and has no
-- organization. A failure here would be one of the sign-up.
create or replace function private.sign_up() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  verified text := lower(new.email);
begin
  if tg_op = 'UPDATE' and old.email_confirmed_at is not null or verified is null
      or private.verified_user(verified) is distinct from new.id
      or exists (select from public.members where email = verified)
      or exists (select from public.invitations it where email = verified and private.is_open(it)) then
    return null;
  end if;
  if not private.is_email(verified) then
    raise warning 'the user % has no organization: the address isn''t %', new.id, private.expected_text('email');
    return null;
  end if;
  perform private.found_organization(verified, split_part(verified, '@', 1), new.id::text);
  return null;
end
$$;

-- As it was, but the task's rule is its column's.
create or replace function private.add_cron_job(of_workspace_id uuid, of_name text, on_schedule text, to_do text)
returns void
language plpgsql security definer set search_path = ''
as $$
declare
  workspace public.workspaces := private.add_to_workspace(of_workspace_id);
begin
  perform private.check_slug(of_name);
  if not private.is_schedule(on_schedule) then
    raise sqlstate 'PT400' using message = 'this is no schedule',
      hint = 'the five fields minute, hour, day, month and weekday in UTC, as `0 3 * * *`';
  end if;
  if not private.comes_round(on_schedule) then
    raise sqlstate 'PT400' using message = 'this schedule never comes round',
      hint = 'none of its months has one of its days';
  end if;
  if exists (select from public.cron_jobs where workspace_id = workspace.id and name = of_name) then
    raise sqlstate 'PT409' using message = format('there is a cron job %L already', of_name);
  end if;
  insert into public.cron_jobs (workspace_id, name, schedule, task, managed_by)
    values (workspace.id, of_name, on_schedule, to_do, 'app');
end
$$;

revoke execute on all functions in schema private from public, anon, authenticated;
