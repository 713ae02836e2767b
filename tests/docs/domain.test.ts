import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { organizationSchema } from "../../src/manifest/organization.ts";
import { platformSchema } from "../../src/manifest/platform.ts";
import { registry as resources } from "../../src/provider/registry.ts";

const ROOT = join(import.meta.dirname, "../..");

/** The number of empty cells that are allowed. */
const OPEN = 0;

interface Row {
  readonly sentence: string;
  readonly declared: string;
  readonly held: string;
  readonly tests: string;
}

const ROWS = rowsOf(read("docs/domain.md"));
const SQL = filesBelow("infra/schema").map(read).join("\n");

/** Whether something with a name exists, by kind. */
const EXISTS: Readonly<Record<string, (name: string) => boolean>> = {
  field: (path) =>
    path.startsWith("platform.")
      ? hasField(platformSchema, path.split(".").slice(1))
      : hasField(organizationSchema, path.split(".")),
  function: (name) =>
    new RegExp(`create or replace function (public|private)\\.${name}\\(`).test(SQL) || helpers().has(name),
  table: (name) => new RegExp(`create table (public|private)\\.${name} `).test(SQL),
  view: (name) => new RegExp(`create or replace view (public|private)\\.${name} `).test(SQL),
  rule: (name) => rules().has(name),
  resource: (type) => Object.hasOwn(resources, type),
};

test("every row has a sentence, and no cell is empty", () => {
  expect(ROWS.length).toBeGreaterThan(60);
  const open = ROWS.flatMap((row) => Object.values(row)).filter((cell) => cell === "" || cell === "—");
  expect(open).toHaveLength(OPEN);
});

describe.each(ROWS)("$sentence", ({ declared, held, tests }) => {
  test("names only fields, functions, rules, tables, views and resources that exist", () => {
    for (const cell of [declared, held].filter((cell) => cell !== "—")) {
      const named = [...cell.matchAll(/(\w+) `([^`]+)`/g)].map(([, kind = "", name = ""]) => ({
        kind,
        name,
      }));
      expect(named.length, `names nothing: ${cell}`).toBe(cell.split(", ").length);
      expect(named.filter(({ kind, name }) => !EXISTS[kind]?.(name))).toEqual([]);
    }
  });

  test("names only tests that exist", () => {
    for (const cited of tests.split("<br>").filter((cell) => cell !== "—")) {
      const [, file = "", name = ""] = /^`([^`]+)`: (.+)$/.exec(cited) ?? [];
      expect(existsSync(join(ROOT, "tests", file)), `no file in: ${cited}`).toBe(true);
      const quoted = [`"${name}"`, `\`${name}\``];
      const source = read(join("tests", file));
      expect(
        quoted.some((literal) => source.includes(literal)),
        `no test in ${file}: ${name}`,
      ).toBe(true);
    }
  });
});

function rowsOf(markdown: string): Row[] {
  return markdown
    .split("\n")
    .filter((line) => line.startsWith("| ") && !line.startsWith("| sentence"))
    .map((line) => line.slice(2, -2).split(" | "))
    .map(([sentence = "", declared = "", held = "", tests = ""]) => ({ sentence, declared, held, tests }));
}

function hasField(schema: z.core.$ZodType, path: readonly string[]): boolean {
  const [key, ...rest] = path;
  if (key === undefined) return true;
  if (schema instanceof z.ZodOptional) return hasField(schema.unwrap(), path);
  if (schema instanceof z.ZodArray) return hasField(schema.element, path);
  if (schema instanceof z.ZodRecord) return hasField(schema.valueType, path);
  if (schema instanceof z.ZodUnion) return schema.options.some((option) => hasField(option, path));
  const child = schema instanceof z.ZodObject ? (schema.shape[key] as z.core.$ZodType) : undefined;
  return child !== undefined && hasField(child, rest);
}

/** The helper functions of row security, by their names without schema and arguments. */
function helpers(): Set<string> {
  const files = filesBelow("policies/row-security")
    .filter((file) => file.endsWith(".yaml"))
    .map((file) => parse(read(file)) as { functions: object });
  const signatures = files.flatMap(({ functions }) => Object.keys(functions));
  return new Set(signatures.map((signature) => signature.replace(/^\w+\.|\(.*$/g, "")));
}

/** The names of the rules for manifests. */
function rules(): Set<string> {
  const sources = [...filesBelow("src/model/rules"), "src/manifest/schema-errors.ts"].map(read).join("\n");
  return new Set(
    [...sources.matchAll(/(?:\b(?:name|rule): |\berrorAt\()"([a-z-]+)"/g)].map(([, name = ""]) => name),
  );
}

function filesBelow(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => /\.(sql|ts|yaml)$/.test(file))
    .map((file) => join(folder, file));
}

function read(file: string): string {
  return readFileSync(join(ROOT, file), "utf8");
}
