-- Schedules as the manifest's rule has them (src/model/schedule.ts): a step follows a range or `*`, and the day comes round.

-- The numbers that a field stands for; null when it isn't one. The fields: 1 minute, 2 hour, 3 day, 4 month, 5 weekday.
create function private.schedule_values(given text, field integer) returns integer[]
language plpgsql immutable set search_path = ''
as $$
declare
  lowest constant integer := ('{0,0,1,1,0}'::integer[])[field];
  highest constant integer := ('{59,23,31,12,7}'::integer[])[field];
  names constant text[] := string_to_array((array[null, null, null, 'jan feb mar apr may jun jul aug sep oct nov dec',
    'sun mon tue wed thu fri sat'])[field], ' ');
  part text;
  bounds integer[];
  stands_for integer[] := '{}';
begin
  for part in select regexp_split_to_table(lower(given), ',') loop
    for number in 1..coalesce(cardinality(names), 0) loop
      part := replace(part, names[number], (number - 1 + lowest)::text);
    end loop;
    if part !~ '^([0-9]{1,2}|(\*|[0-9]{1,2}-[0-9]{1,2})(/[1-9][0-9]?)?)$' then return null; end if;
    bounds := array(select it[1]::integer from regexp_matches(split_part(part, '/', 1), '[0-9]+', 'g') as it);
    if bounds[1] not between lowest and highest or bounds[2] not between bounds[1] and highest then return null; end if;
    stands_for := stands_for || array(select generate_series(
      coalesce(bounds[1], lowest),
      coalesce(bounds[2], bounds[1], highest),
      coalesce(nullif(split_part(part, '/', 2), '')::integer, 1)));
  end loop;
  return stands_for;
end
$$;

create or replace function private.is_schedule(schedule text) returns boolean
language sql immutable set search_path = ''
as $$
  select coalesce(cardinality(given) = 5 and not exists (
    select from generate_series(1, 5) as field where private.schedule_values(given[field], field) is null), false)
  from regexp_split_to_array(schedule, ' +') as given
$$;

-- Whether a schedule has a day that any year has. With a weekday it always does: then either of the two is enough.
create function private.comes_round(schedule text) returns boolean
language sql immutable set search_path = ''
as $$
  select given[5] <> '*' or exists (
    select from unnest(private.schedule_values(given[4], 4)) as month, unnest(private.schedule_values(given[3], 3)) as day
    where day <= ('{31,29,31,30,31,30,31,31,30,31,30,31}'::integer[])[month])
  from regexp_split_to_array(schedule, ' +') as given
$$;

-- As it was, but for a schedule that never comes round.
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
  if to_do is null or to_do !~ '\S' or length(to_do) > 1000 then
    raise sqlstate 'PT400' using message = 'a job has a task of up to 1,000 characters';
  end if;
  if exists (select from public.cron_jobs where workspace_id = workspace.id and name = of_name) then
    raise sqlstate 'PT409' using message = format('there is a cron job %L already', of_name);
  end if;
  insert into public.cron_jobs (workspace_id, name, schedule, task, managed_by)
    values (workspace.id, of_name, on_schedule, to_do, 'app');
end
$$;

revoke execute on all functions in schema private from public, anon, authenticated;
