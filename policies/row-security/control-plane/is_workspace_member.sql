-- In this form, PostgreSQL turns a policy into an index condition.
create or replace function private.is_workspace_member(workspace_id uuid, mine uuid[]) returns boolean
language sql immutable
return workspace_id = any (mine);
