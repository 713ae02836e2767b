import { valueAt } from "@tenantry/core/property-path";
import * as z from "zod";
import { suggest } from "../shared/suggest.ts";
import { describeValue } from "./describe-value.ts";
import { type Diagnostic, type DiagnosticCollector, errorAt } from "./diagnostic.ts";
import { hideFrom } from "./excerpt.ts";
import type { Kind } from "./kinds.ts";
import type { Located, Part, Path } from "./locate.ts";

type Issue = z.core.$ZodIssue;
type Locate = (path: Path, part: Part) => Located;

/** Reports where a value differs from the schema of its kind. */
export function reportSchemaErrors(
  kind: Kind,
  schema: z.ZodType,
  value: unknown,
  issues: readonly Issue[],
  locate: Locate,
  errors: DiagnosticCollector,
): void {
  const wrongKind = wrongKindError(kind, value, locate);
  if (wrongKind) errors.add(() => wrongKind);
  else for (const issue of issues) reportIssue(issue, schema, value, locate, errors);
}

/** A manifest of another kind would differ in every key, so it gets one error only. */
function wrongKindError(kind: Kind, value: unknown, locate: Locate): Diagnostic | undefined {
  const found = valueAt(value, ["kind"]);
  if (typeof found !== "string" || found === kind) return undefined;
  const where =
    kind === "Platform" ? "`platform.yaml` holds the platform" : "`orgs/` holds organizations only";
  return errorAt("kind", locate(["kind"], "value"), {
    message: `this isn't a manifest of kind ${kind}`,
    expected: kind,
    found: describeValue(found),
    remedy: `write \`kind: ${kind}\` or move the file: ${where}`,
  });
}

function reportIssue(
  issue: Issue,
  schema: z.ZodType,
  root: unknown,
  locate: Locate,
  errors: DiagnosticCollector,
): void {
  const path = issue.path as Path;
  const closest = issue.code === "invalid_union" ? closestBranch(issue) : undefined;
  if (issue.code === "unrecognized_keys") {
    for (const key of issue.keys) errors.add(() => unknownKey(key, path, schema, locate));
  } else if (issue.code === "invalid_key") {
    errors.add(() => badName(issue, path, locate));
  } else if (closest) {
    for (const inner of closest)
      reportIssue({ ...inner, path: [...issue.path, ...inner.path] } as Issue, schema, root, locate, errors);
  } else {
    const found = valueAt(root, path);
    errors.add(() =>
      found === undefined ? missingKey(issue, path, locate) : wrongValue(issue, path, found, locate),
    );
  }
}

function unknownKey(key: string, path: Path, schema: z.ZodType, locate: Locate): Diagnostic {
  if (key === MERGE_KEY) return mergeKey(locate([...path, key], "key"));
  const known = keysAt(schema, path);
  const meant = suggest(key, known);
  const home = homeOf(key, schema);
  return errorAt("unknown-key", withHiddenSecrets(locate([...path, key], "key"), path, "key"), {
    message: `unknown key ${describeValue(key)}${path.length > 0 ? ` in ${pathText(path)}` : ""}`,
    expected: known.length > 0 ? `one of ${known.join(", ")}` : undefined,
    found: describeValue(key),
    remedy: remedyForKey(meant, home),
  });
}

/** A key of YAML 1.1 that merges another map. */
const MERGE_KEY = "<<";

function mergeKey(located: Located): Diagnostic {
  return errorAt("unknown-key", located, {
    message: "merge keys (`<<`) aren't part of YAML 1.2",
    expected: "the keys themselves",
    found: "`<<`",
    remedy: "write out the keys of the merged map, and remove `<<`",
  });
}

function remedyForKey(meant: string | undefined, home: string | undefined): string {
  if (home !== undefined) return `it belongs to ${home}: move it there`;
  return meant ? `did you mean \`${meant}\`?` : "remove it";
}

/** The only map of a manifest that has a key, such as `workspaces.<name>` for `connections`; undefined if there are several. */
function homeOf(key: string, schema: z.ZodType): string | undefined {
  const homes = namedMaps(schema, "").filter(({ map }) => Object.hasOwn(map.shape, key));
  return homes.length === 1 ? homes[0]?.where : undefined;
}

/** The maps of a schema with their places: the manifest itself, and those in it, such as `workspaces.<name>`. */
function namedMaps(schema: z.core.$ZodType, where: string): { map: z.ZodObject; where: string }[] {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodRecord) return namedMaps(inner.valueType, `${where}.<name>`);
  if (!(inner instanceof z.ZodObject)) return [];
  const below = Object.entries(inner.shape).flatMap(([key, child]) =>
    namedMaps(child, where === "" ? key : `${where}.${key}`),
  );
  return [{ map: inner, where: where === "" ? "the top of the manifest" : `\`${where}\`` }, ...below];
}

function badName(issue: Extract<Issue, { code: "invalid_key" }>, path: Path, locate: Locate): Diagnostic {
  const name = path.at(-1);
  if (name === MERGE_KEY) return mergeKey(locate(path, "key"));
  return errorAt("name", locate(path, "key"), {
    message: `${describeValue(name)} isn't a valid name in ${pathText(path.slice(0, -1))}`,
    expected: issue.issues[0]?.message,
    found: describeValue(name),
    remedy: "rename it",
  });
}

function missingKey(issue: Issue, path: Path, locate: Locate): Diagnostic {
  const key = path.at(-1);
  const parent = path.slice(0, -1);
  return errorAt("missing-key", locate(parent, typeof parent.at(-1) === "number" ? "value" : "key"), {
    message: `\`${key}\` is missing${parent.length > 0 ? ` in ${pathText(parent)}` : ""}`,
    expected: `\`${key}\`: ${issue.message}`,
    found: "nothing",
    remedy: `add \`${key}\``,
  });
}

function wrongValue(issue: Issue, path: Path, found: unknown, locate: Locate): Diagnostic {
  const secret = mayHoldSecret(path) && typeof found === "string";
  return errorAt("value", withHiddenSecrets(locate(path, "value"), path, "value"), {
    message: path.length === 0 ? "a manifest must be a map" : `${pathText(path)} is invalid`,
    expected: issue.message,
    found: secret
      ? `text of ${found.length} characters, hidden because it may be a secret`
      : describeValue(found),
    remedy: remedyFor(issue, path, found, locate),
  });
}

function remedyFor(issue: Issue, path: Path, found: unknown, locate: Locate): string | undefined {
  if (path.at(-1) === "apiKey" && typeof found === "string")
    return "keep the key out of the file: `{ secret: <name> }`, with the value in TENANTRY_SECRET_<NAME>";
  if (issue.code === "invalid_value" && typeof found === "string") {
    const meant = suggest(
      found,
      issue.values.filter((value) => typeof value === "string"),
    );
    return meant && `did you mean \`${meant}\`?`;
  }
  if (issue.code !== "invalid_type") return undefined;
  const wantsMap = issue.expected === "object" || issue.expected === "record";
  if (wantsMap && found === null && path.length > 0) return `write \`${path.at(-1)}: {}\``;
  if (issue.expected === "string" && isScalar(found)) return quoted(found, locate(path, "value"));
  return undefined;
}

/** Quotes a number or a boolean as the file has it: `0777`, not 777. */
function quoted(value: unknown, { excerpt }: Located): string {
  const source = excerpt?.text.slice(excerpt.caret, excerpt.caret + excerpt.length) ?? "";
  if (source.startsWith("*")) return "put the value at its anchor in quotes";
  return `put it in quotes: "${/^[\w.+-]+$/.test(source) ? source : String(value)}"`;
}

const SECRET_PLACES = new Set<string | number>(["apiKey", "apiKeys", "secret", "llmProvider", "connections"]);

function mayHoldSecret(path: Path): boolean {
  return path.some((segment) => SECRET_PLACES.has(segment));
}

/** Masks the excerpt at places where people may write a secret by mistake. */
function withHiddenSecrets(located: Located, path: Path, part: Part): Located {
  const { excerpt } = located;
  if (excerpt === undefined || !mayHoldSecret(path)) return located;
  return { ...located, excerpt: hideFrom(excerpt, excerpt.caret + (part === "key" ? excerpt.length : 0)) };
}

function isScalar(value: unknown): boolean {
  return typeof value === "number" || typeof value === "boolean";
}

/** The issues of the union branch that the value was meant for: the only one whose type matched. */
function closestBranch(issue: Extract<Issue, { code: "invalid_union" }>): readonly Issue[] | undefined {
  const entered = issue.errors.filter((branch) =>
    branch.some((inner) => inner.path.length > 0 || isInside(inner)),
  );
  return entered.length === 1 ? entered[0] : undefined;
}

function isInside(issue: Issue): boolean {
  return issue.code !== "invalid_type" && issue.code !== "invalid_value";
}

/** The keys of the map at a path of the schema. */
function keysAt(schema: z.ZodType, path: Path): string[] {
  let current: z.core.$ZodType | undefined = schema;
  for (const segment of path) current = step(unwrap(current), segment);
  const target = unwrap(current);
  return target instanceof z.ZodObject ? Object.keys(target.shape) : [];
}

function step(schema: z.core.$ZodType | undefined, segment: string | number): z.core.$ZodType | undefined {
  if (schema instanceof z.ZodObject) return schema.shape[segment] as z.core.$ZodType | undefined;
  if (schema instanceof z.ZodRecord) return schema.valueType;
  if (schema instanceof z.ZodArray) return schema.element;
  return undefined;
}

function unwrap(schema: z.core.$ZodType | undefined): z.core.$ZodType | undefined {
  if (schema instanceof z.ZodOptional) return unwrap(schema.unwrap());
  if (schema instanceof z.ZodUnion) return schema.options.find((option) => option instanceof z.ZodObject);
  return schema;
}

/** `workspaces.production.apiKeys`, `members[0].email` */
function pathText(path: Path): string {
  const text = path.reduce<string>(
    (sofar, segment) =>
      typeof segment === "number" ? `${sofar}[${segment}]` : sofar === "" ? segment : `${sofar}.${segment}`,
    "",
  );
  return `\`${text}\``;
}
