-- The descriptions of the rules, as in manifests.
create or replace function private.expected_text(rule text) returns text
language sql immutable set search_path = ''
as $$
  select case rule
    when 'slug' then 'a slug: up to 40 lower-case letters, digits and single hyphens, beginning with a letter'
    when 'display_name' then 'one line of text, up to 100 characters, without control, direction or invisible characters'
    when 'line' then 'one line of text, up to 1,000 characters, without control, direction or invisible characters'
    when 'host' then 'a domain as store.acme.example (internationalised names in their xn-- form)'
    when 'email' then 'an e-mail address as ada@acme.example'
    when 'schedule_pattern' then 'the five fields of cron, up to 256 characters, as "0 3 * * *"'
    when 'prose' then 'text of up to 4,000 characters, without control, direction or invisible characters (line breaks and tabs aside)'
    when 'key' then 'a key of 1 to 255 characters, without control, direction or invisible characters'
  end
$$;
