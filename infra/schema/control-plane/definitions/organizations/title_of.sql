-- A display name for a slug.
create or replace function private.title_of(slug text) returns text
language sql immutable set search_path = ''
as $$ select upper(left(slug, 1)) || replace(substr(slug, 2), '-', ' ') $$;
