-- Refuses a text that is no slug.
create or replace function private.check_slug(slug text) returns void
language plpgsql immutable set search_path = ''
as $$
begin
  if private.is_slug(slug) is not true then
    raise sqlstate 'PT400' using message = format('%s is no name', coalesce(quote_literal(left(slug, 100)), 'nothing')),
      hint = 'up to 40 lower-case letters, digits and single hyphens, beginning with a letter';
  end if;
end
$$;
