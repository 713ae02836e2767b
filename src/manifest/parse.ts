import { ownProperty } from "@tenantry/core/own-property";
import { type Alias, type Document, isAlias, isMap, isScalar, isSeq, parseDocument, visit } from "yaml";
import { describeValue } from "./describe-value.ts";
import { type Diagnostic, DiagnosticCollector, errorAt } from "./diagnostic.ts";
import { type Kind, MANIFESTS, type ManifestOf } from "./kinds.ts";
import {
  type Located,
  locateFile,
  locatePath,
  locateSpan,
  type Part,
  type Path,
  YAML_OPTIONS,
} from "./locate.ts";
import { endsWithinLine, openEnd } from "./open-end.ts";
import { reportSchemaErrors } from "./schema-errors.ts";
import { conflictError, reportSyntaxErrors, tooDeep } from "./syntax-errors.ts";

/** The manifest, or undefined if the text has errors, and all diagnostics. */
export interface ParseResult<K extends Kind> {
  readonly manifest: ManifestOf[K] | undefined;
  /** Where the file ends, if it could have been longer: see `openEnd`. */
  readonly openEnd: Path;
  readonly diagnostics: readonly Diagnostic[];
}

const MAX_ALIASES = 100;

/** Parses a manifest: one document of YAML 1.2 that matches the schema of its kind. */
export function parseManifest<K extends Kind>(kind: K, text: string, file: string): ParseResult<K> {
  if (text.trim() === "") return failed([emptyFile(kind, file)]);
  const conflict = conflictError(text, file);
  if (conflict !== undefined) return failed([conflict]);
  const errors = new DiagnosticCollector(file);
  const parsed = parseYaml(text, file, errors);
  if ("diagnostics" in parsed) return failed(parsed.diagnostics);
  const { document, value } = parsed;
  if (value === null || value === undefined) return failed([emptyFile(kind, file)]);
  const result = MANIFESTS[kind].safeParse(value);
  if (result.success && endsWithinLine(document, text)) errors.add(() => cutLine(text, file));
  if (result.success && errors.isEmpty)
    return { manifest: result.data as ManifestOf[K], openEnd: openEnd(document, text), diagnostics: [] };
  const locate = (path: Path, part: Part): Located => locatePath(file, text, document, path, part);
  if (!result.success) reportSchemaErrors(kind, MANIFESTS[kind], value, result.error.issues, locate, errors);
  return failed(errors.list());
}

function failed(diagnostics: readonly Diagnostic[]) {
  return { manifest: undefined, openEnd: [], diagnostics };
}

type ParsedYaml =
  | { readonly diagnostics: readonly Diagnostic[] }
  | { readonly document: Document; readonly value: unknown };

/** @param errors collects duplicate and forbidden keys, which don't prevent further checks */
function parseYaml(text: string, file: string, errors: DiagnosticCollector): ParsedYaml {
  const document = parseDocument(text, YAML_OPTIONS);
  if (isTooDeep(document)) return { diagnostics: [tooDeep(file)] };
  const syntaxErrors = new DiagnosticCollector(file);
  reportSyntaxErrors([...document.errors, ...document.warnings], text, file, syntaxErrors);
  const { explicit, version } = document.directives?.yaml ?? {};
  if (explicit && version !== "1.2") syntaxErrors.add(() => wrongVersion(text, file, version));
  if (!syntaxErrors.isEmpty) return { diagnostics: syntaxErrors.list() };
  try {
    const value: unknown = document.toJS({ maxAliasCount: MAX_ALIASES });
    checkKeys(document.contents, value, text, file, errors);
    return { document, value };
  } catch (error) {
    if (error instanceof RangeError) return { diagnostics: [tooDeep(file)] };
    // The library lists the errors of the text, but throws for aliases.
    if (!(error instanceof ReferenceError)) throw error;
    return { diagnostics: [aliasError(document, text, file)] };
  }
}

/** Far more than the schema needs, and far less than what runs out of stack. */
const MAX_DEPTH = 100;

/** Whether the parser ran out of stack, or a later check could. How deep that is depends on the process, so a limit decides. */
function isTooDeep({ contents, errors }: Document): boolean {
  if (errors.some(({ code }) => code === "RESOURCE_EXHAUSTION")) return true;
  const nodes: { readonly node: unknown; readonly depth: number }[] = [{ node: contents, depth: 0 }];
  for (let next = nodes.pop(); next !== undefined; next = nodes.pop()) {
    const { node } = next;
    const depth = next.depth + 1;
    if (depth > MAX_DEPTH) return true;
    if (isSeq(node)) for (const item of node.items) nodes.push({ node: item, depth });
    if (isMap(node))
      for (const { key, value } of node.items) nodes.push({ node: key, depth }, { node: value, depth });
  }
  return false;
}

/** Reports duplicate keys of a map, and removes keys that would change an object's prototype. */
function checkKeys(
  node: unknown,
  value: unknown,
  text: string,
  file: string,
  errors: DiagnosticCollector,
): void {
  if (isAlias(node)) return;
  if (isSeq(node)) {
    const items = Array.isArray(value) ? value : [];
    for (const [index, item] of node.items.entries()) checkKeys(item, items[index], text, file, errors);
    return;
  }
  if (!isMap(node)) return;
  const object = value as Record<string, unknown>;
  const seen = new Set<string>();
  for (const { key, value: child } of node.items) {
    if (!isScalar(key)) continue;
    const name = String(key.value);
    if (seen.has(name)) errors.add(() => duplicateKey(name, key.range, text, file));
    seen.add(name);
    checkKeys(child, ownProperty(object, name), text, file, errors);
    if (name !== "__proto__") continue;
    errors.add(() => forbiddenKey(name, key.range, text, file));
    delete object[name];
  }
}

type KeyRange = readonly [number, number, number] | null | undefined;

function duplicateKey(name: string, range: KeyRange, text: string, file: string): Diagnostic {
  const shown = describeValue(name);
  return errorAt("duplicate-key", locateSpan(file, text, range?.[0] ?? 0, range?.[1] ?? 1), {
    message: `duplicate key ${shown}`,
    expected: "each key at most once in a map",
    found: `a second ${shown}`,
    remedy: "remove one of the two, or merge their values",
  });
}

function forbiddenKey(name: string, range: KeyRange, text: string, file: string): Diagnostic {
  return errorAt("unknown-key", locateSpan(file, text, range?.[0] ?? 0, range?.[1] ?? 1), {
    message: `\`${name}\` can't be a key`,
    expected: "a key of the manifest's schema",
    found: `\`${name}\``,
    remedy: "remove it",
  });
}

function emptyFile(kind: Kind, file: string): Diagnostic {
  return errorAt("empty-file", locateFile(file), {
    message: "the file is empty",
    expected: `a manifest of kind ${kind}`,
    found: "nothing",
    remedy: `begin with \`apiVersion: tenantry/v1\` and \`kind: ${kind}\`, or delete the file if nothing was ever created from it`,
  });
}

/** A file that was cut may end in the middle of a value that is still valid, such as an address. */
function cutLine(text: string, file: string): Diagnostic {
  const start = text.lastIndexOf("\n") + 1;
  return errorAt("cut-line", locateSpan(file, text, start, text.length), {
    message: "the last line has no end, so the file may be cut",
    expected: "a newline at the end of the file",
    found: describeValue(text.slice(start)),
    remedy: "complete the line if it is cut, and end it with a newline",
  });
}

function wrongVersion(text: string, file: string, version: string): Diagnostic {
  return errorAt(
    "yaml-version",
    locateSpan(file, text, Math.max(0, text.indexOf("%YAML")), text.indexOf("%YAML") + 5),
    {
      message: "manifests are YAML 1.2",
      expected: "YAML 1.2",
      found: `YAML ${version}`,
      remedy: "remove the %YAML line",
    },
  );
}

/** The error for an alias without an anchor, or for nested aliases that would exhaust memory. */
function aliasError(document: Document, text: string, file: string): Diagnostic {
  const aliases: Alias[] = [];
  visit(document, { Alias: (_, alias) => void aliases.push(alias) });
  const lost = aliases.find((alias) => alias.resolve(document) === undefined);
  const [from, to] = (lost ?? aliases[0])?.range ?? [0, 1];
  const located = locateSpan(file, text, from, to);
  if (lost) {
    return errorAt("alias", located, {
      message: `no anchor for ${describeValue(`*${lost.source}`)}`,
      expected: "an anchor (`&name`) above the alias",
      found: "none",
      remedy: "define the anchor before it is used, or write out the value",
    });
  }
  return errorAt("alias-expansion", located, {
    message: "the aliases of this file expand too far",
    expected: `at most ${MAX_ALIASES} uses of anchors, where nested uses multiply`,
    found: `${aliases.length} aliases that multiply each other`,
    remedy: "write out the values instead of using anchors",
  });
}
