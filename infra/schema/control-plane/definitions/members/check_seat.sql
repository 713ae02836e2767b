-- Refuses if the plan has no seat for an address. An invitation takes a seat as a member does, except on acceptance: if there
-- are more invitations than seats, the first to accept get in.
create or replace function private.check_seat(of_organization_id uuid, for_email text, beside_invitations boolean) returns void
language plpgsql set search_path = ''
as $$
declare
  allowed integer;
  taken bigint;
begin
  select seats into strict allowed from public.quotas where organization_id = of_organization_id;
  select count(*) into taken from (
    select email from public.members where organization_id = of_organization_id
    union
    select email from public.invitations it
    where beside_invitations and organization_id = of_organization_id and private.is_open(it)
    union
    select for_email
  ) as seated;
  if taken > allowed then
    raise sqlstate 'PT402' using message = format('every seat of the plan is taken: %s', allowed),
      hint = 'remove a member, revoke an invitation, or choose a plan with more seats';
  end if;
end
$$;
