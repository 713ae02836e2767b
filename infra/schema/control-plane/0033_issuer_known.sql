-- Whose token it is: only the platform's own issuer counts. Where the platform's issuer isn't known, no token counts, and a token
-- that names no issuer never does.
create or replace function private.caller_id() returns uuid
language sql stable security definer set search_path = ''
as $$
  select (claims ->> 'sub')::uuid
  from (select nullif(current_setting('request.jwt.claims', true), '')::jsonb as claims) token
  where coalesce(to_timestamp((claims ->> 'exp')::double precision) > now() - interval '30 seconds', true)
    and exists (select from public.platforms where issuer = claims ->> 'iss')
    and not exists (select from public.platforms where issuer is distinct from claims ->> 'iss')
$$;
