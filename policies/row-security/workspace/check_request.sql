-- PostgREST calls it before every request (db_pre_request), as the request's role and with its claims.
create or replace function private.check_request() returns void
language plpgsql stable security definer set search_path = ''
as $$
begin
  if current_setting('role', true) = 'service_role' then
    return;
  end if;
  if private.trusted_claims() is null then
    raise exception 'the token is another issuer''s, or has expired' using errcode = 'insufficient_privilege';
  end if;
  if not private.access_is_confirmed() then
    raise sqlstate 'PT503' using message = 'the workspace is closed: who may enter has not been confirmed lately',
      hint = 'try again in a minute; its operator finds the reason in the log of tenantry webhook';
  end if;
end
$$;
