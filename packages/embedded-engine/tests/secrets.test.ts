import { Secret } from "@tenantry/core/secret";
import { expect, test } from "vitest";
import { newSalt, openSalt } from "../src/secrets.ts";

/** A test vector of Pulumi's passphrase provider. */
const VECTOR = "v1:fozI5u6B030=:v1:F+6ZduKKd8G0/V7L:PGMFeIzwobWRKmEAzUdaQHqC5mMRIQ==";

test("opens the salt of Pulumi's test vector", async () => {
  const crypter = await openSalt(VECTOR, new Secret("password"));
  expect(crypter.decrypt(VECTOR.split(":").slice(2).join(":"))).toBe("pulumi");
});

test("text can be decrypted with the same salt and passphrase", async () => {
  const made = await newSalt(new Secret("correct"));
  const opened = await openSalt(made.salt, new Secret("correct"));
  expect(opened.decrypt(made.encrypt("pâté 🔑"))).toBe("pâté 🔑");
  expect(made.encrypt("same")).not.toBe(made.encrypt("same"));
});

test("a wrong passphrase is refused with the variable to set", async () => {
  const made = await newSalt(new Secret("correct"));
  await expect(openSalt(made.salt, new Secret("wrong"))).rejects.toMatchObject({
    name: "UserError",
    message: expect.stringContaining("incorrect passphrase"),
    remedy: expect.stringContaining("PULUMI_CONFIG_PASSPHRASE"),
  });
});

test.each(["", "v2:a:b", "nonsense"])("a salt with an unknown format is refused: %j", async (salt) => {
  await expect(openSalt(salt, new Secret("correct"))).rejects.toMatchObject({ name: "UserError" });
});

test("a changed ciphertext is refused", async () => {
  const crypter = await newSalt(new Secret("correct"));
  const text = crypter.encrypt("value");
  const changed = text.slice(0, -4) + (text.endsWith("AAAA") ? "BBBB" : "AAAA");
  expect(() => crypter.decrypt(changed)).toThrow("can't be decrypted");
});
