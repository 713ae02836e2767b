-- The workspace, if the caller may enter it. Everybody else is refused.
create or replace function public.claim_membership() returns uuid
language plpgsql stable set search_path = ''
as $$
declare
  mine uuid[] := private.my_workspace_ids();
begin
  if cardinality(mine) = 0 then
    raise exception 'no membership of this workspace is open to you' using errcode = 'insufficient_privilege';
  end if;
  return mine[1];
end
$$;
