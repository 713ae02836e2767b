import { expect, it } from "vitest";
import { databaseDefinition } from "../../infra/database.ts";
import { CONTROL_PLANE, WORKSPACE } from "../../src/verify/expected-access.ts";

it.each([
  ["control-plane", CONTROL_PLANE],
  ["workspace", WORKSPACE],
] as const)("every table of the %s's row security has an expected access", (kind, promises) => {
  const declared = Object.keys(databaseDefinition(kind).rowSecurity.tables);
  expect(declared.filter((table) => promises[table] === undefined)).toEqual([]);
});
