-- Refuses a new text. The condition of each trigger is the rule of its column. Triggers rather than constraints: existing rows
-- that break a rule stay until the text itself changes, and a constraint would refuse every other change of such a row too.
create or replace function private.refuse_text() returns trigger
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

create or replace trigger text_of_name before insert or update of name on public.organizations
  for each row when (private.is_slug(new.name) is not true)
  execute function private.refuse_text('name', 'slug');
create or replace trigger text_of_display_name before insert or update of display_name on public.organizations
  for each row when (private.is_display_name(new.display_name) is not true)
  execute function private.refuse_text('display_name', 'display_name');
create or replace trigger text_of_billing_email before insert or update of billing_email on public.organizations
  for each row when (private.is_email(new.billing_email) is not true)
  execute function private.refuse_text('billing_email', 'email');
create or replace trigger text_of_email before insert or update of email on public.members
  for each row when (private.is_email(new.email) is not true)
  execute function private.refuse_text('email', 'email');
create or replace trigger text_of_email before insert or update of email on public.invitations
  for each row when (private.is_email(new.email) is not true)
  execute function private.refuse_text('email', 'email');
create or replace trigger text_of_workspaces before insert or update of workspaces on public.invitations
  for each row when (cardinality(new.workspaces) > 1000)
  execute function private.refuse_text('workspaces', 'up to 1,000 names');
create or replace trigger text_of_name before insert or update of name on public.claim_tokens
  for each row when (private.is_slug(new.name) is not true)
  execute function private.refuse_text('name', 'slug');
create or replace trigger text_of_email before insert or update of email on public.claim_tokens
  for each row when (private.is_email(new.email) is false)
  execute function private.refuse_text('email', 'email');
create or replace trigger text_of_name before insert or update of name on public.workspaces
  for each row when (private.is_slug(new.name) is not true)
  execute function private.refuse_text('name', 'slug');
create or replace trigger text_of_display_name before insert or update of display_name on public.workspaces
  for each row when (private.is_display_name(new.display_name) is not true)
  execute function private.refuse_text('display_name', 'display_name');
create or replace trigger text_of_email before insert or update of email on public.workspaces
  for each row when (private.is_email(new.email) is false)
  execute function private.refuse_text('email', 'email');
create or replace trigger text_of_name before insert or update of name on public.connections
  for each row when (private.is_slug(new.name) is not true)
  execute function private.refuse_text('name', 'slug');
create or replace trigger text_of_kind before insert or update of kind on public.connections
  for each row when (private.is_slug(new.kind) is not true)
  execute function private.refuse_text('kind', 'slug');
create or replace trigger text_of_reference before insert or update of reference on private.connection_credentials
  for each row when (private.is_line(new.reference) is not true)
  execute function private.refuse_text('reference', 'line');
create or replace trigger text_of_name before insert or update of name on public.apps
  for each row when (private.is_slug(new.name) is not true)
  execute function private.refuse_text('name', 'slug');
create or replace trigger text_of_domain before insert or update of domain on public.apps
  for each row when (private.is_host(new.domain) is false)
  execute function private.refuse_text('domain', 'host');
create or replace trigger text_of_name before insert or update of name on public.cron_jobs
  for each row when (private.is_slug(new.name) is not true)
  execute function private.refuse_text('name', 'slug');
create or replace trigger text_of_schedule before insert or update of schedule on public.cron_jobs
  for each row when (private.is_schedule(new.schedule) is not true)
  execute function private.refuse_text('schedule', 'schedule_pattern');
create or replace trigger text_of_task before insert or update of task on public.cron_jobs
  for each row when (private.is_line(new.task) is not true)
  execute function private.refuse_text('task', 'line');
create or replace trigger text_of_name before insert or update of name on public.api_keys
  for each row when (private.is_slug(new.name) is not true)
  execute function private.refuse_text('name', 'slug');
create or replace trigger text_of_reason before insert or update of reason on public.escalations
  for each row when (private.is_prose(new.reason) is not true)
  execute function private.refuse_text('reason', 'prose');
