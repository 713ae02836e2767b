-- Whether a text is a schedule: it matches the pattern, and no range goes backwards. In a range, `sun` is the end of the week.
create or replace function private.is_schedule(schedule text) returns boolean
language sql immutable set search_path = ''
as $$
  select coalesce(private.is_schedule_pattern(schedule) and not exists (
    select from regexp_matches(private.schedule_in_numbers(schedule), '([0-9]+)-([0-9]+)', 'g') as range
    where range[1]::integer > range[2]::integer), false)
$$;
