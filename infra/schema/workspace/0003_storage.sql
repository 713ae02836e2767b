-- The bucket of the workspace's files. Its objects are opened to members by row security.

insert into storage.buckets (id, name, public) values ('files', 'files', false) on conflict (id) do nothing;

revoke execute on all functions in schema private from public, anon, authenticated;
