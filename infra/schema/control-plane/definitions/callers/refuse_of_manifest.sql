-- Refuses to change what a manifest declares, because the next `up` would undo the change.
create or replace function private.refuse_of_manifest(managed_by text, of_organization_id uuid, field text) returns void
language plpgsql set search_path = ''
as $$
begin
  if managed_by = 'manifest' then
    raise sqlstate 'PT409' using message = 'this is managed by the manifest',
      hint = (select format('change `%s` in stacks/%s/orgs/%s.yaml', field, platforms.name, organizations.name)
        from public.organizations join public.platforms on platforms.id = platform_id
        where organizations.id = of_organization_id);
  end if;
end
$$;
