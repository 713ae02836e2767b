-- What can be bought in one payment, why a payment was refused, and cheaper debits.

-- The fewest credits for which Stripe charges. Null: credits that cost nothing, which can't be bought.
alter table public.wallet_types add column minimum_reload bigint default 1 check (minimum_reload > 0);

alter table public.reloads
  -- Stripe's own words about a declined payment.
  add column decline_message text,
  -- Stripe's id of the payment method that was declined. Another one resumes the wallet's reloads.
  add column payment_method text;

-- Finds the credit that a debit takes first without a sort.
drop index public.wallet_credits_wallet_idx;
create index wallet_credits_wallet_idx on public.wallet_credits
  (organization_id, wallet, bought, expires_at, created_at, entry_id);

-- Leaves space for the new versions of a row, so that a debit updates it in place.
alter table public.wallets set (fillfactor = 50);
