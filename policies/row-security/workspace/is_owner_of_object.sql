-- Whether a stored file had this owner when the statement began. It runs with the rights of `postgres`, because a policy of this
-- very table calls it, which must not evaluate the table's policies.
create or replace function private.is_owner_of_object(of_id uuid, of_owner uuid, of_owner_id text) returns boolean
language sql stable security definer set search_path = ''
as $$
  select exists (
    select from storage.objects
    where id = of_id and owner is not distinct from of_owner and owner_id is not distinct from of_owner_id
  )
$$;
