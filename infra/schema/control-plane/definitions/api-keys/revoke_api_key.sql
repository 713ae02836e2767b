-- Ends a key at once.
create or replace function private.revoke_api_key(of_key_id uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  revoked public.api_keys := private.find_api_key(of_key_id);
begin
  update public.api_keys set revoked_at = coalesce(revoked_at, now()) where id = revoked.id;
end
$$;

create or replace function public.revoke_api_key(api_key_id uuid) returns void
language sql set search_path = ''
as $$ select private.revoke_api_key(api_key_id) $$;
