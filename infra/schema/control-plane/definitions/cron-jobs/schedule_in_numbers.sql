-- A schedule with numbers instead of the names of months and weekdays.
create or replace function private.schedule_in_numbers(schedule text) returns text
language sql immutable set search_path = ''
as $$
  select replace(replace(replace(replace(replace(replace(replace(
    replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(
      lower(schedule),
      'jan', '1'), 'feb', '2'), 'mar', '3'), 'apr', '4'), 'may', '5'), 'jun', '6'), 'jul', '7'), 'aug', '8'), 'sep', '9'),
      'oct', '10'), 'nov', '11'), 'dec', '12'), '-sun', '-7'), 'sun', '0'), 'mon', '1'), 'tue', '2'), 'wed', '3'),
      'thu', '4'), 'fri', '5'), 'sat', '6')
$$;
