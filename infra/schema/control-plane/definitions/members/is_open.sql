-- Whether an invitation can be accepted.
create or replace function private.is_open(invitation public.invitations) returns boolean
language sql stable set search_path = ''
as $$ select invitation.accepted_at is null and invitation.expires_on >= (now() at time zone 'UTC')::date $$;
