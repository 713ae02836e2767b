-- Adds a connection whose credentials the product stores. `origin` is the connection that it was cloned from.
create or replace function private.add_connection(
  of_workspace_id uuid, of_name text, of_kind text, credentials_reference text, origin text default null
) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  workspace public.workspaces := private.add_to_workspace(of_workspace_id);
begin
  perform private.check_slug(of_name);
  perform private.check_slug(of_kind);
  if credentials_reference is null or credentials_reference = '' then
    raise sqlstate 'PT400' using message = 'a connection has credentials',
      hint = 'store them where the product keeps secrets, and name the place';
  end if;
  if exists (select from public.connections where workspace_id = workspace.id and name = of_name) then
    raise sqlstate 'PT409' using message = format('there is a connection %L already', of_name);
  end if;
  insert into public.connections (workspace_id, name, kind, clone_of, managed_by)
    values (workspace.id, of_name, of_kind, origin, 'app');
  insert into private.connection_credentials (workspace_id, name, reference)
    values (workspace.id, of_name, credentials_reference);
end
$$;

create or replace function public.add_connection(workspace_id uuid, name text, kind text, credentials_reference text) returns void
language sql set search_path = ''
as $$ select private.add_connection(workspace_id, name, kind, credentials_reference) $$;
