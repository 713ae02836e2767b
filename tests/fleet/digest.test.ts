import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { type DigestInput, digestOf, programDigest } from "../../src/fleet/digest.ts";
import type { OrganizationModel } from "../../src/model/model.ts";
import { loadStack } from "../../src/repository/load.ts";

const ROOT = join(import.meta.dirname, "../..");
const { model } = loadStack(join(ROOT, "stacks"), "agntdata.acme", "2026-11-22");
const platform = model?.platform as DigestInput["platform"];
const organization = model?.organization as OrganizationModel;

const vendors = { TENANTRY_ROOT_SECRET: "root", TENANTRY_SECRET_ACME_BIGQUERY: "key", STRIPE_API_KEY: "sk" };
const seen: DigestInput = { platform, organization, vendors };

describe("the digest of a program's input", () => {
  test.each<[string, DigestInput, string?]>([
    ["the model", { ...seen, organization: { ...organization, displayName: "Another" } }],
    ["the platform", { ...seen, platform: { ...platform, defaultPlan: "another" } }],
    ["the value of a secret", { ...seen, vendors: { ...vendors, TENANTRY_SECRET_ACME_BIGQUERY: "new" } }],
    ["the root secret", { ...seen, vendors: { ...vendors, TENANTRY_ROOT_SECRET: "new" } }],
    ["a vendor's address", { ...seen, vendors: { ...vendors, SUPABASE_API_URL: "http://elsewhere" } }],
    ["the program", seen, "another program"],
    ["the organization, for the platform's own stack", { ...seen, organization: null }],
  ])("depends on %s", (_, other, program = "program") => {
    expect(digestOf(other, program)).not.toBe(digestOf(seen, "program"));
  });

  test.each<[string, Readonly<Record<string, string>>]>([
    ["a vendor's token", { ...vendors, STRIPE_API_KEY: "sk_rotated" }],
    ["a secret that the organization doesn't use", { ...vendors, TENANTRY_SECRET_OTHER: "x" }],
  ])("doesn't depend on %s", (_, others) => {
    expect(digestOf({ ...seen, vendors: others }, "program")).toBe(digestOf(seen, "program"));
  });

  test("is undefined without the root secret", () => {
    expect(digestOf({ ...seen, vendors: {} }, "program")).toBeUndefined();
  });
});

test("the digest of a program depends on its files", () => {
  const root = mkdtempSync(join(tmpdir(), "program-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  cpSync(join(ROOT, "policies"), join(root, "policies"), { recursive: true });
  const before = programDigest(root, root);
  expect(before).toBeDefined();
  expect(programDigest(root, root)).toBe(before);
  writeFileSync(join(root, "README.md"), "not a part of it");
  expect(programDigest(root, root)).toBe(before);
  writeFileSync(join(root, "policies/row-security/workspace.yaml"), "functions: {}\n");
  expect(programDigest(root, root)).not.toBe(before);
});

test("the program of another project has no digest, so that its stacks are never skipped", () => {
  const project = mkdtempSync(join(tmpdir(), "program-"));
  onTestFinished(() => rmSync(project, { recursive: true }));
  expect(programDigest(project)).toBeUndefined();
});
