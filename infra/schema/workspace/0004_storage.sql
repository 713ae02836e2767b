-- The bucket of the workspace's files. Row security opens its objects to members.

insert into storage.buckets (id, name, public) values ('files', 'files', false) on conflict (id) do nothing;
