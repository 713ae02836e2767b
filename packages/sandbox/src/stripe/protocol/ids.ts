import { randomBytes } from "node:crypto";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** Generates an id in Stripe's format: 14 random characters, or 24 that start with the shard's digit. */
export function newId(prefix: string): string {
  return SHARDED.has(prefix) ? `${prefix}_1${random(23)}` : `${prefix}_${random(14)}`;
}

const SHARDED = new Set([
  "ch",
  "evt",
  "ii",
  "il",
  "in",
  "inpay",
  "pi",
  "pm",
  "price",
  "re",
  "seti",
  "sub",
  "sub_sched",
  "we",
]);

export function random(length: number): string {
  let text = "";
  for (const byte of randomBytes(length)) text += ALPHABET[byte % ALPHABET.length];
  return text;
}
