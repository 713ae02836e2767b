-- The workspace of this database.
create or replace function private.workspace_id() returns uuid
language sql stable security definer set search_path = ''
as $$ select workspace_id from private.settings $$;

-- A default can't name a function before it exists, and the function reads a table.
alter table public.workspace_members alter column workspace_id set default private.workspace_id();
alter table public.files alter column workspace_id set default private.workspace_id();
alter table public.chats alter column workspace_id set default private.workspace_id();
alter table public.messages alter column workspace_id set default private.workspace_id();
alter table public.agent_sessions alter column workspace_id set default private.workspace_id();
alter table public.agent_state alter column workspace_id set default private.workspace_id();
