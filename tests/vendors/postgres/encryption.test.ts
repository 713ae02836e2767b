import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { encryptionFromEnv } from "../../../src/vendors/postgres/encryption.ts";

describe("a connection to a database", () => {
  test("is verified against the certificate that PGSSLROOTCERT names, whatever PGSSLMODE says", () => {
    const file = join(import.meta.dirname, "encryption.test.ts");
    expect(encryptionFromEnv({ PGSSLROOTCERT: file, PGSSLMODE: "require" })).toEqual({
      ca: expect.stringContaining("is verified against the certificate"),
    });
  });

  test("is encrypted and not verified where PGSSLMODE asks for just that", () => {
    expect(encryptionFromEnv({ PGSSLMODE: "require" })).toEqual({ rejectUnauthorized: false });
  });

  test.each([
    [{}, "PGSSLROOTCERT is not set"],
    [{ PGSSLROOTCERT: "", PGSSLMODE: "disable" }, "PGSSLROOTCERT is not set"],
    [{ PGSSLMODE: "prefer" }, "PGSSLROOTCERT is not set"],
    [{ PGSSLROOTCERT: "/nowhere/supabase.crt" }, "PGSSLROOTCERT names /nowhere/supabase.crt"],
  ])("isn't made with %j", (env, message) => {
    expect(() => encryptionFromEnv(env)).toThrow(message);
  });
});
