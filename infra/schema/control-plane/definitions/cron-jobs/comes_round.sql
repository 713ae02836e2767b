-- Whether a schedule has a day that every year has. A schedule with a weekday always has one, because then either of the two
-- fields is enough.
create or replace function private.comes_round(schedule text) returns boolean
language sql immutable set search_path = ''
as $$
  select given[5] <> '*' or exists (
    select from unnest(private.schedule_values(given[4], 4)) as month, unnest(private.schedule_values(given[3], 3)) as day
    where day <= ('{31,29,31,30,31,30,31,31,30,31,30,31}'::integer[])[month])
  from regexp_split_to_array(private.schedule_in_numbers(schedule), ' +') as given
$$;
