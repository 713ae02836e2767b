import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { encryptionFromEnv } from "../../../src/vendors/postgres/encryption.ts";

describe("a connection to a database", () => {
  test("is verified with the certificate in PGSSLROOTCERT, whatever PGSSLMODE is", () => {
    const file = join(import.meta.dirname, "encryption.test.ts");
    expect(encryptionFromEnv({ PGSSLROOTCERT: file, PGSSLMODE: "require" })).toEqual({
      ca: expect.stringContaining("is verified with the certificate"),
    });
  });

  test("is encrypted but not verified with PGSSLMODE=require", () => {
    expect(encryptionFromEnv({ PGSSLMODE: "require" })).toEqual({ rejectUnauthorized: false });
  });

  test.each([
    [{}, "PGSSLROOTCERT is not set"],
    [{ PGSSLROOTCERT: "", PGSSLMODE: "disable" }, "PGSSLROOTCERT is not set"],
    [{ PGSSLMODE: "prefer" }, "PGSSLROOTCERT is not set"],
    [
      { PGSSLROOTCERT: "/nowhere/supabase.crt" },
      "The file /nowhere/supabase.crt in PGSSLROOTCERT can't be read",
    ],
  ])("is refused with %j", (env, message) => {
    expect(() => encryptionFromEnv(env)).toThrow(message);
  });
});
