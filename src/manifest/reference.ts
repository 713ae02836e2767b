import * as z from "zod";
import { organizationSchema } from "./organization.ts";
import { platformSchema } from "./platform.ts";

const INTRODUCTION = `# Manifests

Generated from the schemas in \`src/manifest\` by \`npx vitest run tests/manifest/reference.test.ts -u\`; not edited by hand.

A platform is a folder in \`stacks/\`: \`platform.yaml\` and one file per customer organization in \`orgs/\`, named after it. Each file
is one document of YAML 1.2 in UTF-8, of at most 1 MiB. A key that is left out isn't managed and its default stands; \`[]\` or \`{}\`
says that there is nothing. Keys that aren't listed here are errors. A symbolic link may lead to another place in the platform's folder, but
not out of it, and no command writes through one.

Editors complete and check manifests by their JSON Schema, [manifest.schema.json](manifest.schema.json), which
\`tenantry schema\` prints. Working examples are in [stacks/](../stacks).

## Whose a secret is

A secret belongs to the organization whose name and a hyphen begin its name: \`acme-anthropic\` to \`acme\`. Where the names of several
organizations of the repository do, it belongs to the one with the longest: \`acme-labs-anthropic\` to \`acme-labs\`. Every other
organization is refused it, whether one file, one stack or everything is read. The platform lists what names can't say, under
[\`secrets\`](#listedsecret): a secret that several organizations share, one that \`acme\` used before \`acme-labs\` came, and a secret of an
organization that has the same name on another platform. A platform can't list the secrets of another one. \`root\` and names such as
\`root-previous\` are reserved.

A preview names the secret that each value comes from: \`CONNECTION_WAREHOUSE: acme-a → acme-b\` where the manifest names another
secret, \`CONNECTION_WAREHOUSE: value of acme-a changed\` where only the value is new. It never shows a value.
`;

interface Row {
  readonly key: string;
  readonly schema: z.core.$ZodType;
}

/** The reference of both kinds in Markdown: a table for each map, with what every key takes. */
export function manifestReference(): string {
  const sections = new Map<string, string>();
  addSection(platformSchema, sections);
  addSection(organizationSchema, sections);
  return [INTRODUCTION, ...sections.values()].join("\n");
}

/** The section of a map that has a name, followed by those of the named maps in it. */
function addSection(schema: z.ZodObject, sections: Map<string, string>): void {
  const { id = "", description = "" } = metaOf(schema);
  if (sections.has(id)) return;
  const rows = rowsOf(schema, "");
  const lines = [
    `## ${id}`,
    "",
    description,
    "",
    "| key | value | default | |",
    "|---|---|---|---|",
    ...rows.map(renderRow),
  ];
  sections.set(id, `${lines.join("\n")}\n`);
  for (const row of rows) {
    const target = targetOf(row.schema);
    if (target) addSection(target, sections);
  }
}

/** The keys of a map; those of a nested map without a name of its own follow with dots in them. */
function rowsOf(schema: z.ZodObject, prefix: string): Row[] {
  return Object.entries(schema.shape).flatMap(([name, child]): Row[] => {
    const key = `${prefix}${name}`;
    const row: Row = { key, schema: child };
    const inner = unwrap(child);
    if (inner instanceof z.ZodObject && metaOf(inner).id === undefined)
      return [row, ...rowsOf(inner, `${key}.`)];
    const branch = inner instanceof z.ZodUnion ? inner.options.find(isObject) : undefined;
    return branch ? [row, ...rowsOf(branch, `${key}.`)] : [row];
  });
}

function renderRow({ key, schema }: Row): string {
  const { description = "", default: standing } = metaOf(schema);
  const missing = schema instanceof z.ZodOptional ? "" : "**required**";
  const fallback = standing === undefined ? missing : `\`${String(standing)}\``;
  return `| \`${key}\` | ${valueText(schema)} | ${fallback} | ${description} |`;
}

/** What the checker says that it expects, or a link to the section of the map that it is. */
function valueText(schema: z.core.$ZodType): string {
  const target = targetOf(schema);
  const link = target && `[${metaOf(target).id}](#${metaOf(target).id?.toLowerCase()})`;
  const inner = unwrap(schema);
  if (inner instanceof z.ZodRecord) return `a map from names to ${link ?? expectedBy(inner.valueType)}`;
  if (inner instanceof z.ZodArray)
    return link ? `a list of ${link}` : `a list, each ${expectedBy(inner.element)}`;
  return link ?? expectedBy(inner);
}

function expectedBy(schema: z.core.$ZodType): string {
  const refused = z.safeParse(schema, Symbol("nothing that a manifest can hold"));
  return refused.error?.issues[0]?.message ?? "";
}

/** The named map that a key leads to, by itself, in a list or in a map. */
function targetOf(schema: z.core.$ZodType): z.ZodObject | undefined {
  const inner = unwrap(schema);
  const item =
    inner instanceof z.ZodRecord ? inner.valueType : inner instanceof z.ZodArray ? inner.element : inner;
  const target = unwrap(item);
  return isObject(target) && metaOf(target).id !== undefined ? target : undefined;
}

function isObject(schema: z.core.$ZodType): schema is z.ZodObject {
  return schema instanceof z.ZodObject;
}

function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  return schema instanceof z.ZodOptional ? unwrap(schema.unwrap()) : schema;
}

/** What is said of a schema, by itself or by what it wraps. */
function metaOf(schema: z.core.$ZodType): { id?: string; description?: string; default?: unknown } {
  const inner = schema instanceof z.ZodOptional ? metaOf(schema.unwrap()) : {};
  return { ...inner, ...z.globalRegistry.get(schema) };
}
