-- Stripe's events that were applied: each one once, however often and in whichever order Stripe delivers it.

create table private.stripe_events (
  id text primary key,
  type text not null,
  created_at timestamptz not null default now()
);
create index stripe_events_created_at_idx on private.stripe_events (created_at);
alter table private.stripe_events enable row level security;
