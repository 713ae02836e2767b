-- The user of the caller's token. Null for a token of any issuer but the platform's own, because somebody may have made the
-- project trust another one; null while the platform's issuer isn't known; and null for an expired token, because a connection
-- may outlive it. PostgREST has verified the signature.
create or replace function private.caller_id() returns uuid
language sql stable security definer set search_path = ''
as $$
  select (claims ->> 'sub')::uuid
  from (select nullif(current_setting('request.jwt.claims', true), '')::jsonb as claims) token
  where coalesce(to_timestamp((claims ->> 'exp')::double precision) > now() - interval '30 seconds', true)
    and exists (select from public.platforms where issuer = claims ->> 'iss')
    and not exists (select from public.platforms where issuer is distinct from claims ->> 'iss')
$$;
