import { VendorError } from "@tenantry/core/errors";
import pg from "pg";
import { describe, expect, test } from "vitest";
import { asVendorError, isUnknownProject, isWorthRepeating } from "../../../src/vendors/postgres/failure.ts";
import { refusalOf } from "../../../src/vendors/postgres/refusal.ts";

function failure(code: string, message: string, more: Partial<pg.DatabaseError> = {}): VendorError {
  const error = Object.assign(new pg.DatabaseError(message, 0, "error"), { code, ...more });
  const told = asVendorError(error, "insert into public.members (email) values ($1)");
  if (!(told instanceof VendorError)) throw new Error("expected a VendorError");
  return told;
}

describe("a failure of PostgreSQL", () => {
  test("names the statement, the SQLSTATE and the constraint", () => {
    const told = failure("23505", "duplicate key", { constraint: "members_pkey", table: "members" });
    expect(told.message).toBe(
      `PostgreSQL: insert into public.members (email) values ($1) failed (status 23505): a constraint was violated: members_pkey of members
  Another row conflicts with it: see the constraint's name.`,
    );
  });

  test.each([
    ["23505", { detail: "Key (email)=(planted) already exists." }],
    ["22P02", {}],
    ["22001", { detail: "planted" }],
  ])("never contains a value: %s", (code, more) => {
    const told = failure(code, 'invalid input syntax for type uuid: "planted"', more);
    expect(`${told.message} ${JSON.stringify(told)} ${told.stack}`).not.toContain("planted");
  });

  test("contains the error of each address of a host", () => {
    const none = new AggregateError([new Error("connect ECONNREFUSED ::1:5432"), new Error("timed out")]);
    expect(asVendorError(none, "connect")).toMatchObject({
      message: expect.stringContaining("(no response): connect ECONNREFUSED ::1:5432; timed out"),
    });
  });

  test.each([
    ["40001", true],
    ["40P01", true],
    ["55P03", true],
    ["57P01", true],
    ["08006", true],
    ["53300", true],
    ["23505", false],
    ["42P01", false],
    ["25006", false],
    ["28P01", false],
  ])("%s is retried: %s", (code, worth) => {
    expect(isWorthRepeating(failure(code, "x"))).toBe(worth);
  });

  // Texts of supabase/supavisor, lib/supavisor/errors, newer and older.
  test.each([
    [
      "(EMAXCONNSESSION) max clients reached in session mode - max clients are limited to pool_size: 15",
      true,
      "All sessions of the project's connection pool are in use",
    ],
    ["MaxClientsInSessionMode: max clients reached - in Session mode", true, "All sessions"],
    ["(ECHECKOUTTIMEOUT) Pool checkout timeout. Request was dropped after 60000ms", true, "All sessions"],
    ["Tenant or user not found", true, "doesn't know the project"],
    [`(ENOTFOUND) tenant/user postgres.${"a".repeat(20)} not found`, true, "doesn't know the project"],
    ["(ECIRCUITBREAKER) too many authentication failures", false, "wait, then run again"],
    ["(EADDRNOTALLOWED) address not in tenant allow_list: {1, 2, 3, 4}", false, "network restrictions"],
    ["something else", false, "dashboard"],
  ])("the pooler's %s is retried: %s", (message, worth, remedy) => {
    const told = failure("XX000", message);
    expect(isWorthRepeating(told)).toBe(worth);
    expect(told.message).toContain(message);
    expect(told.remedy).toContain(remedy);
    expect(isUnknownProject(told)).toBe(/not found/.test(message));
  });

  test("a connection without a response is retried; a bug isn't", () => {
    expect(isWorthRepeating(asVendorError(new Error("Connection terminated"), "select 1"))).toBe(true);
    expect(isWorthRepeating(new TypeError("x is not a function"))).toBe(false);
  });
});

describe("a refusal of a script", () => {
  test("is read from the API's innermost message", () => {
    const cause = new Error(
      "Failed to run sql query: ERROR:  TN001: 0001_a, 0002_b\nCONTEXT:  PL/pgSQL function",
    );
    const details = { vendor: "PostgreSQL" as const, operation: "x", message: "wrapped", remedy: "" };
    const error = new VendorError({ ...details, status: "TN001", cause: new Error("outer", { cause }) });
    expect(refusalOf(error)).toEqual({ state: "TN001", names: "0001_a, 0002_b" });
    expect(refusalOf(new VendorError({ ...details, status: "42P01" }))).toBeUndefined();
    expect(refusalOf(new Error("TN001"))).toBeUndefined();
  });
});
