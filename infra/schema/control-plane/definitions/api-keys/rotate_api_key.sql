-- Issues a new value under the same name. The earlier value expires after the grace period.
create or replace function private.rotate_api_key(
  of_key_id uuid, grace interval, out key_id uuid, out key text
) language plpgsql security definer set search_path = ''
as $$
declare
  rotated public.api_keys := private.find_api_key(of_key_id);
begin
  perform private.add_to_workspace(rotated.workspace_id);
  if grace is null or grace not between interval '0' and interval '30 days' then
    raise sqlstate 'PT400' using message = 'a key that is rotated works on for 30 days at most';
  end if;
  if rotated.revoked_at is not null or rotated.expires_at is not null then
    raise sqlstate 'PT409' using message = 'this key ends already', hint = 'rotate the newest key of its name';
  end if;
  update public.api_keys set expires_at = now() + grace where id = rotated.id;
  select * into key_id, key from private.issue_api_key(rotated.workspace_id, rotated.name);
end
$$;

create or replace function public.rotate_api_key(
  api_key_id uuid, grace interval default '7 days', out key_id uuid, out key text
) language sql set search_path = ''
as $$ select * from private.rotate_api_key(api_key_id, grace) $$;
