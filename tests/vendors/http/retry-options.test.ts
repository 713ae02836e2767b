import { expect, test } from "vitest";
import { retryOptionsFromEnv } from "../../../src/vendors/http/retry-options.ts";

test.each([
  ["nothing", {}, {}],
  ["what is empty", { TENANTRY_ATTEMPTS: "", TENANTRY_TIMEOUT: "" }, {}],
  ["attempts", { TENANTRY_ATTEMPTS: "3" }, { attempts: 3 }],
  ["seconds", { TENANTRY_TIMEOUT: "20" }, { timeoutMilliseconds: 20_000 }],
])("patience is read from %s", (_, env, patience) => {
  expect(retryOptionsFromEnv(env)).toEqual(patience);
});

test.each(["0", "-1", "1.5", "often", " 2", "1e9"])("%j is no patience", (text) => {
  expect(() => retryOptionsFromEnv({ TENANTRY_ATTEMPTS: text })).toThrow(
    `TENANTRY_ATTEMPTS is ${JSON.stringify(text)}.`,
  );
});
