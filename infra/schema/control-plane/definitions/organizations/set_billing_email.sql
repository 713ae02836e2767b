-- Sets the address for invoices. The manifest and Stripe decide the plan and the card.
create or replace function private.set_billing_email(of_organization_id uuid, to_email text) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  perform private.act_in_organization(of_organization_id, '{owner,admin}');
  perform private.refuse_of_manifest(managed_by, id, 'billing') from public.organizations where id = of_organization_id;
  if to_email is null or to_email not like '%_@_%' or length(to_email) > 254 then
    raise sqlstate 'PT400' using message = 'this is no e-mail address';
  end if;
  update public.organizations set billing_email = lower(to_email) where id = of_organization_id;
end
$$;

create or replace function public.set_billing_email(organization_id uuid, email text) returns void
language sql set search_path = ''
as $$ select private.set_billing_email(organization_id, email) $$;
