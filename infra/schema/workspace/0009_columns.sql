-- What the server sets of a row that a member adds, and how a chat goes out of sight without its messages.

-- A person who writes is a person. The product's servers, whose token names nobody, still have to say who speaks.
alter table public.messages alter column role set default case when auth.uid() is not null then 'user' end;

-- A chat is a record of what was said, by agents too: members put it away, and only the product's servers delete it.
alter table public.chats add column archived boolean not null default false;
