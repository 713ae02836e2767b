import { expect, test } from "vitest";
import { retryOptionsFromEnv } from "../../../src/vendors/http/retry-options.ts";

test.each([
  ["nothing", {}, {}],
  ["empty variables", { TENANTRY_ATTEMPTS: "", TENANTRY_TIMEOUT: "" }, {}],
  ["attempts", { TENANTRY_ATTEMPTS: "3" }, { attempts: 3 }],
  ["seconds", { TENANTRY_TIMEOUT: "20" }, { timeoutMilliseconds: 20_000 }],
])("retry options are read from %s", (_, env, options) => {
  expect(retryOptionsFromEnv(env)).toEqual(options);
});

test.each(["0", "-1", "1.5", "often", " 2", "1e9"])("%j isn't a valid number of attempts", (text) => {
  expect(() => retryOptionsFromEnv({ TENANTRY_ATTEMPTS: text })).toThrow(
    `TENANTRY_ATTEMPTS must be a whole number of at least 1, but is ${JSON.stringify(text)}.`,
  );
});
