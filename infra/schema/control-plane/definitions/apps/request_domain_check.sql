-- Asks for a look at the DNS record. A manifest's domain may be checked too, because that changes nothing that is declared.
create or replace function private.request_domain_check(of_workspace_id uuid, of_app text) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  workspace public.workspaces := private.act_in_workspace(of_workspace_id);
  app public.apps := private.find_app(workspace, of_app);
begin
  if app.domain is null then
    raise sqlstate 'PT409' using message = 'the app has no domain of its own';
  end if;
  update public.apps set domain_check_requested_at = now()
    where workspace_id = workspace.id and name = of_app and domain_verified_at is null;
end
$$;

create or replace function public.request_domain_check(workspace_id uuid, app text) returns void
language sql set search_path = ''
as $$ select private.request_domain_check(workspace_id, app) $$;
