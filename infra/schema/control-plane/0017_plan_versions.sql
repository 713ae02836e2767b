-- The second version of the plan `launch` is the row `launch@2`. Both columns follow from the name.

alter table public.plans
  drop constraint plans_name_check,
  add constraint plans_name_check check (name ~ '^[a-z0-9]+(-[a-z0-9]+)*(@([2-9]|[1-9][0-9]{1,3}))?$'),
  add column plan_name text not null generated always as (split_part(name, '@', 1)) stored,
  add column plan_version integer not null
    generated always as (coalesce(nullif(split_part(name, '@', 2), ''), '1')::integer) stored;
