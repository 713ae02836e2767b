import { describe, expect, test } from "vitest";
import {
  canonical,
  deparsed,
  found,
  specified,
} from "../../../../src/provider/resources/postgres/row-security-state.ts";
import type { Catalog } from "../../../../src/vendors/postgres/catalog/catalog.ts";

const DIGEST = "d".repeat(32);

function catalog(grants: Record<string, string[]>): Catalog {
  return {
    access: {
      apiRoles: ["anon", "authenticated", "public"],
      roles: {},
      extensions: {},
      schemas: {},
      defaultPrivileges: [],
      settings: {},
    },
    functions: {
      "private.f(uuid,text)": {
        owner: "postgres",
        definition: "CREATE OR REPLACE FUNCTION …",
        digest: DIGEST,
        branded: true,
        execute: ["authenticated"],
      },
    },
    relations: {
      "public.t": { owner: "postgres", kind: "table", rowSecurity: true, grants, policies: {} },
    },
    ledger: null,
    openings: null,
    workspace: null,
    world: [],
  };
}

const declared = {
  project: "ref",
  functions: { "private.f(uuid, text)": { definition: "create …", execute: ["authenticated"] } },
  tables: { "public.t": { grants: { authenticated: ["update(a, b)", "select"] } } },
};

describe("declared and live row security", () => {
  test.each([
    ["private.f()", "private.f()"],
    ["private.f(uuid, text)", "private.f(uuid,text)"],
    ["private.f(timestamp with time zone,  text[])", "private.f(timestamp with time zone,text[])"],
  ])("formats the signature %s like PostgreSQL", (signature, expected) => {
    expect(canonical(signature)).toBe(expected);
  });

  test("ignores spaces, order and the notation of columns", () => {
    const today = catalog({ authenticated: ["select", "update(a)", "update(b)"] });
    const digests = deparsed(declared, today);
    expect(digests).toEqual({ "function private.f(uuid,text)": DIGEST });
    expect(found(declared, digests, today)).toEqual(declared);
  });

  test.each<[string, Record<string, string[]>, Record<string, string[]>]>([
    [
      "a missing column",
      { authenticated: ["select", "update(a)"] },
      { authenticated: ["select", "update(a)"] },
    ],
    [
      "another API role",
      { authenticated: ["select", "update(a)", "update(b)"], anon: ["select"] },
      { authenticated: ["update(a, b)", "select"], anon: ["select"] },
    ],
    ["missing privileges", {}, { authenticated: [] }],
    [
      "a role that isn't managed",
      { authenticated: ["select", "update(a)", "update(b)"], reporter: ["select"] },
      { authenticated: ["update(a, b)", "select"] },
    ],
  ])("compares grants: %s", (_, today, expected) => {
    const state = catalog(today);
    expect(found(declared, deparsed(declared, state), state).tables["public.t"]?.grants).toEqual(expected);
  });

  test("carries the digest of a definition only while it is unchanged", () => {
    const outputs = { deparsed: { "function private.f(uuid,text)": DIGEST } };
    const same = specified(declared, { inputs: declared, outputs });
    expect(same.functions["private.f(uuid,text)"]?.recorded).toBe(DIGEST);
    const changed = structuredClone(declared);
    changed.functions["private.f(uuid, text)"].definition = "create … another";
    const other = specified(changed, { inputs: declared, outputs });
    expect(other.functions["private.f(uuid,text)"]?.recorded).toBeUndefined();
  });
});
