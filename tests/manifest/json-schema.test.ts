import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import addFormats from "ajv-formats";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { manifestJsonSchema } from "../../src/manifest/json-schema.ts";
import { HEAD, PLATFORM } from "./folder.ts";

const ajv = new Ajv({ allErrors: true, strictTypes: false });
addFormats.default(ajv);
const validate = ajv.compile(manifestJsonSchema());

test("docs/manifest.schema.json is up to date", async () => {
  const published = new URL("../../docs/manifest.schema.json", import.meta.url).pathname;
  await expect(`${JSON.stringify(manifestJsonSchema(), null, 2)}\n`).toMatchFileSnapshot(published);
});

const STACKS = new URL("../../stacks", import.meta.url).pathname;

test.each(manifestsBelow(STACKS))("editors accept %s", (file) => {
  validate(parse(readFileSync(join(STACKS, file), "utf8")));
  expect(validate.errors ?? []).toEqual([]);
});

describe("editors refuse", () => {
  test.each([
    ["an unknown kind", HEAD.replace("Organization", "Tenant")],
    ["a manifest without a kind", HEAD.replace("kind: Organization\n", "")],
    ["keys of the other kind", `${HEAD}defaultPlan: free\n`],
    ["a nested unknown key", `${HEAD}workspaces: { one: { compte: small } }\n`],
    ["an unknown region", PLATFORM.replace("us-east-1", "us-east-9")],
    ["a name that isn't a slug", `${HEAD}workspaces: { One: {} }\n`],
    ["a negative price", PLATFORM.replace("monthly: 49 ", "monthly: -49 ")],
    ["a missing owner", HEAD.replace(/owner: .*\n/, "")],
    ["a secret in the file", `${HEAD}llmProvider: { kind: anthropic, apiKey: abc }\n`],
  ])("%s", (_, text) => {
    expect(validate(parse(text))).toBe(false);
  });
});

test("every key has a description", () => {
  const silent: string[] = [];
  const visit = (schema: unknown, path: string) => {
    if (typeof schema !== "object" || schema === null) return;
    for (const [key, child] of Object.entries((schema as { properties?: object }).properties ?? {})) {
      if (!("description" in child) && !("$ref" in child)) silent.push(`${path}.${key}`);
    }
    for (const [key, child] of Object.entries(schema)) visit(child, `${path}.${key}`);
  };
  visit(manifestJsonSchema().definitions, "");
  expect(silent).toEqual([]);
});

test("every text has a maximum length or a list of values", () => {
  const endless: string[] = [];
  const visit = (schema: unknown, path: string) => {
    if (typeof schema !== "object" || schema === null) return;
    const { type } = schema as { type?: unknown };
    if (type === "string" && !["maxLength", "enum", "const"].some((key) => key in schema) && !isDate(schema))
      endless.push(path);
    for (const [key, child] of Object.entries(schema)) visit(child, `${path}.${key}`);
  };
  visit(manifestJsonSchema().definitions, "");
  expect(endless).toEqual([]);
});

function isDate(schema: object): boolean {
  return "format" in schema && schema.format === "date";
}

function manifestsBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) =>
    /^[^/]+\/(platform|orgs\/[^/]+)\.yaml$/.test(file),
  );
}
