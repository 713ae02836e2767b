import * as z from "zod";
import { organizationSchema } from "./organization.ts";
import { platformSchema } from "./platform.ts";

const INTRODUCTION = `# Manifests

<!-- Generated from the schemas in src/manifest by: npx vitest run tests/manifest/reference.test.ts -u -->

A platform is a folder in \`stacks/\` with a \`platform.yaml\` and one file per customer organization, \`orgs/<organization>.yaml\`.

- Each file is one document of YAML 1.2 in UTF-8, of at most 1 MiB.
- A single value that is omitted has its default. Unknown keys are errors.
- A collection whose key is omitted isn't managed: nothing of it is written, revoked or compared, and what exists stays. An empty \`[]\` or \`{}\` means none,
  and removes what exists. [Lifecycle](lifecycle.md#keys-that-are-left-out) lists these collections.
- The last line ends with a newline. Without one, the file may be cut, and is refused.
- A symbolic link may lead to another place in the platform's folder, but not out of it. No command writes through a link.

Your editor can complete and check manifests with the JSON Schema [manifest.schema.json](manifest.schema.json), which
\`tenantry schema\` prints. See [stacks/](../stacks) for working examples.

## Who owns a secret

A secret belongs to the organization whose name, followed by a hyphen, is its prefix: \`acme-anthropic\` belongs to \`acme\`. If several
organizations of the repository match, it belongs to the one with the longest name: \`acme-labs-anthropic\` belongs to \`acme-labs\`. No
other organization can use it.

A platform lists exceptions under [\`secrets\`](#listedsecret):

- a secret that several organizations share
- a secret that \`acme\` used before \`acme-labs\` was added
- a secret of an organization whose name also exists on another platform

A platform can't list secrets that belong to another platform. \`root\`, and names such as \`root-previous\`, are reserved.

A preview shows the name of the secret that each value comes from, and never a value. \`CONNECTION_WAREHOUSE: acme-a → acme-b\` means
that the manifest names a different secret. \`CONNECTION_WAREHOUSE: value of acme-a changed\` means that the secret has a new value.
`;

interface Row {
  readonly key: string;
  readonly schema: z.core.$ZodType;
}

/** The reference of both kinds of manifest in Markdown, with a table for each map. */
export function manifestReference(): string {
  const sections = new Map<string, string>();
  addSection(platformSchema, sections);
  addSection(organizationSchema, sections);
  return [INTRODUCTION, ...sections.values()].join("\n");
}

/** Adds the section of a named map, and those of the named maps in it. */
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

/** The keys of a map. Keys of unnamed nested maps follow their parent, with dots. */
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
  const { description = "", default: defaultValue } = metaOf(schema);
  const missing = schema instanceof z.ZodOptional ? "" : "**required**";
  const fallback = defaultValue === undefined ? missing : `\`${String(defaultValue)}\``;
  return `| \`${key}\` | ${valueText(schema)} | ${fallback} | ${description} |`;
}

/** The expected value according to the schema's error message, or a link to the section of a named map. */
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

/** The named map that a key contains directly, in a list or in a map. */
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

/** The metadata of a schema, including that of the schema that it wraps. */
function metaOf(schema: z.core.$ZodType): { id?: string; description?: string; default?: unknown } {
  const inner = schema instanceof z.ZodOptional ? metaOf(schema.unwrap()) : {};
  return { ...inner, ...z.globalRegistry.get(schema) };
}
