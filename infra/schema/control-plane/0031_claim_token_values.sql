-- A claim token keeps its earlier values while the root secret changes: whoever holds one can still claim it.

alter table private.claim_token_hashes
  drop constraint claim_token_hashes_pkey,
  drop constraint claim_token_hashes_sha256_key,
  add primary key (sha256);
create index claim_token_hashes_claim_token_idx on private.claim_token_hashes (claim_token_id);
