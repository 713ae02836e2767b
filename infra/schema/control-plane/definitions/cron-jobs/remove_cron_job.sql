-- Removes a job that the product made.
create or replace function private.remove_cron_job(of_workspace_id uuid, of_name text) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  workspace public.workspaces := private.act_in_workspace(of_workspace_id);
  job public.cron_jobs;
begin
  select * into job from public.cron_jobs where workspace_id = workspace.id and name = of_name;
  if not found then
    raise sqlstate 'PT404' using message = 'there is no such cron job';
  end if;
  perform private.refuse_of_manifest(job.managed_by, workspace.organization_id, 'cron');
  delete from public.cron_jobs where workspace_id = workspace.id and name = of_name;
end
$$;

create or replace function public.remove_cron_job(workspace_id uuid, name text) returns void
language sql set search_path = ''
as $$ select private.remove_cron_job(workspace_id, name) $$;
