-- Adds a job. A trigger checks the text of the task.
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

create or replace function public.add_cron_job(workspace_id uuid, name text, schedule text, task text) returns void
language sql set search_path = ''
as $$ select private.add_cron_job(workspace_id, name, schedule, task) $$;
