import { describe, expect, test } from "vitest";
import { sqlFile } from "../../../src/vendors/postgres/sql-file.ts";

const VARIABLES = { specification: "current_setting('x')::jsonb", otherWorkspace: "TN'31" };

describe("an SQL file with variables", () => {
  const sql = sqlFile("scripts/admit.sql", VARIABLES);

  test("gets SQL for :name, and a literal for :'name'", () => {
    expect(sql).toContain("jsonb := current_setting('x')::jsonb;");
    expect(sql).toContain("errcode = 'TN''31'");
  });

  test("keeps casts, assignments and slices", () => {
    expect(sql).toContain("::uuid");
    expect(sql).toMatch(/ jsonb := /);
    expect(sqlFile("scripts/close-each.sql", { specification: "x[1:n]" })).toContain("(x[1:n])");
  });

  test("is refused with a variable that has no value", () => {
    expect(() => sqlFile("scripts/admit.sql", { specification: "x" })).toThrow(
      "scripts/admit.sql uses the variable otherWorkspace, which has no value",
    );
  });

  test("is refused with a value that it doesn't use", () => {
    expect(() => sqlFile("scripts/admit.sql", { ...VARIABLES, other: "x" })).toThrow(
      "scripts/admit.sql doesn't use: other",
    );
  });
});
