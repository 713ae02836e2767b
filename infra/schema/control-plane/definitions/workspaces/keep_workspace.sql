-- A row never moves to another workspace.
create or replace function private.keep_workspace() returns trigger
language plpgsql set search_path = ''
as $$
begin
  if new.workspace_id is distinct from old.workspace_id then
    raise exception 'a row of % belongs to one workspace for good', tg_table_name using errcode = 'restrict_violation';
  end if;
  return new;
end
$$;

create or replace trigger keep_workspace before update of workspace_id on public.connections
  for each row execute function private.keep_workspace();
create or replace trigger keep_workspace before update of workspace_id on public.apps
  for each row execute function private.keep_workspace();
create or replace trigger keep_workspace before update of workspace_id on public.cron_jobs
  for each row execute function private.keep_workspace();
create or replace trigger keep_workspace before update of workspace_id on public.api_keys
  for each row execute function private.keep_workspace();
create or replace trigger keep_workspace before update of workspace_id on public.agent_sessions
  for each row execute function private.keep_workspace();
create or replace trigger keep_workspace before update of workspace_id on public.escalations
  for each row execute function private.keep_workspace();
create or replace trigger keep_workspace before update of workspace_id on public.usage_logs
  for each row execute function private.keep_workspace();
