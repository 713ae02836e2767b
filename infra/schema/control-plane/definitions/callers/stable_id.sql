-- The same id as src/shared/ids.ts computes, so that what the product made keeps its id when a manifest declares it.
create or replace function private.stable_id(path text, generation integer default 1) returns uuid
language sql immutable strict set search_path = ''
as $$
  select encode(set_byte(set_byte(substring(hash for 16), 6, (get_byte(hash, 6) & 15) | 80), 8,
    (get_byte(hash, 8) & 63) | 128), 'hex')::uuid
  from (select extensions.digest(
    '\x5f0f4c1e6f0b5c539f3a1d7f6a3c1e2b'::bytea || convert_to(path || '#' || generation, 'UTF8'), 'sha1') as hash) named
$$;
