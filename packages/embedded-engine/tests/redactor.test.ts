import { expect, test } from "vitest";
import { Redactor } from "../src/redactor.ts";

const SECRETS = ["mistral", "hosted", "sk-live-2f9a", "Hunter2", "a".repeat(20)];

test.each([
  ["the secret cabinet-mistral has no value", "the secret cabinet-mistral has no value"],
  [
    "set TENANTRY_SECRET_X for mistral-eu or self_hosted",
    "set TENANTRY_SECRET_X for mistral-eu or self_hosted",
  ],
  ["provider=mistral: refused", "provider=[secret]: refused"],
  ['invalid value "hosted"', 'invalid value "[secret]"'],
  ["Bearer x-sk-live-2f9a-y", "Bearer x-[secret]-y"],
  ["user-Hunter2-db", "user-[secret]-db"],
  [`key-${"a".repeat(20)}`, "key-[secret]"],
])("%s", (text, redacted) => {
  const redactor = new Redactor();
  for (const secret of SECRETS) redactor.add(secret);
  expect(redactor.redact(text)).toBe(redacted);
});
