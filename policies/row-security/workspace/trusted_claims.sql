-- The claims of the caller's token, if the platform's own auth service issued it and it hasn't expired: a connection may outlive
-- its token.
create or replace function private.trusted_claims() returns jsonb
language sql stable security definer set search_path = ''
as $$
  select claims
  from (select nullif(current_setting('request.jwt.claims', true), '')::jsonb as claims) token
  join private.settings on settings.issuer = claims ->> 'iss'
  where coalesce(to_timestamp((claims ->> 'exp')::double precision) > now() - interval '30 seconds', true)
$$;
