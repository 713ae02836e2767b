-- The numbers that a field of a valid schedule stands for. The fields: 1 minute, 2 hour, 3 day, 4 month, 5 weekday.
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
