import { ownProperty } from "@tenantry/core/own-property";
import { type Alias, type Document, isAlias, isMap, isScalar, isSeq, parseDocument, visit } from "yaml";
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
import { describeValue, type Fault, MOST_PROBLEMS, moreProblems, type Problem } from "./problem.ts";
import { schemaFaults } from "./schema-errors.ts";
import { syntaxFaults, tooDeep } from "./syntax.ts";

/** What came of a text: the manifest when it has no error, and every problem found. */
export interface ParseResult<K extends Kind> {
  readonly manifest: ManifestOf[K] | undefined;
  readonly problems: readonly Problem[];
}

const MOST_ALIASES = 100;

/** Reads the text of one manifest of a kind: YAML 1.2, one document, exactly the shape of that kind. */
export function parseManifest<K extends Kind>(kind: K, text: string, file: string): ParseResult<K> {
  if (text.trim() === "") return failed([emptyFile(kind, file)]);
  const parsed = parseYaml(text, file);
  if ("faults" in parsed) return failed(report(parsed.faults, file));
  const { document, value, keyFaults } = parsed;
  if (value === null || value === undefined) return failed([emptyFile(kind, file)]);
  const result = MANIFESTS[kind].safeParse(value);
  if (result.success && keyFaults.length === 0)
    return { manifest: result.data as ManifestOf[K], problems: [] };
  const locate = (path: Path, part: Part): Located => locatePath(file, text, document, path, part);
  const issues = result.success
    ? []
    : schemaFaults(kind, MANIFESTS[kind], value, result.error.issues, locate);
  return failed(report([...keyFaults, ...issues], file));
}

function report(faults: readonly Fault[], file: string): Problem[] {
  const shown = faults.slice(0, MOST_PROBLEMS).map((fault) => fault());
  const more = faults.length - shown.length;
  return more > 0 ? [...shown, moreProblems(more, file)] : shown;
}

function failed(problems: readonly Problem[]) {
  return { manifest: undefined, problems };
}

type ParsedYaml =
  | { readonly faults: readonly Fault[] }
  | { readonly document: Document; readonly value: unknown; readonly keyFaults: readonly Fault[] };

function parseYaml(text: string, file: string): ParsedYaml {
  const document = parseDocument(text, YAML_OPTIONS);
  const faults = syntaxFaults([...document.errors, ...document.warnings], text, file);
  const { explicit, version } = document.directives?.yaml ?? {};
  if (explicit && version !== "1.2") faults.push(() => wrongVersion(text, file, version));
  if (faults.length > 0) return { faults };
  try {
    const value: unknown = document.toJS({ maxAliasCount: MOST_ALIASES });
    const keyFaults: Fault[] = [];
    checkKeys(document.contents, value, text, file, keyFaults);
    return { document, value, keyFaults };
  } catch (error) {
    if (error instanceof RangeError) return { faults: [() => tooDeep(file)] };
    // The library lists what is wrong with the text, and throws for what is wrong with aliases.
    if (!(error instanceof ReferenceError)) throw error;
    return { faults: [() => aliasProblem(document, text, file)] };
  }
}

/** Finds keys that come twice in one map, and takes out keys that would change what an object is. */
function checkKeys(node: unknown, value: unknown, text: string, file: string, faults: Fault[]): void {
  if (isAlias(node)) return;
  if (isSeq(node)) {
    const items = Array.isArray(value) ? value : [];
    for (const [index, item] of node.items.entries()) checkKeys(item, items[index], text, file, faults);
    return;
  }
  if (!isMap(node)) return;
  const object = value as Record<string, unknown>;
  const seen = new Set<string>();
  for (const { key, value: child } of node.items) {
    if (!isScalar(key)) continue;
    const name = String(key.value);
    if (seen.has(name)) faults.push(() => duplicateKey(name, key.range, text, file));
    seen.add(name);
    checkKeys(child, ownProperty(object, name), text, file, faults);
    if (name !== "__proto__") continue;
    faults.push(() => forbiddenKey(name, key.range, text, file));
    delete object[name];
  }
}

type KeyRange = readonly [number, number, number] | null | undefined;

function duplicateKey(name: string, range: KeyRange, text: string, file: string): Problem {
  const shown = describeValue(name);
  return {
    severity: "error",
    rule: "duplicate-key",
    ...locateSpan(file, text, range?.[0] ?? 0, range?.[1] ?? 1),
    message: `duplicate key ${shown}`,
    expected: "each key at most once in a map",
    found: `a second ${shown}`,
    remedy: "remove one of the two, or merge their values",
  };
}

function forbiddenKey(name: string, range: KeyRange, text: string, file: string): Problem {
  return {
    severity: "error",
    rule: "unknown-key",
    ...locateSpan(file, text, range?.[0] ?? 0, range?.[1] ?? 1),
    message: `\`${name}\` can't be a key`,
    expected: "a key of the manifest's schema",
    found: `\`${name}\``,
    remedy: "remove it",
  };
}

function emptyFile(kind: Kind, file: string): Problem {
  return {
    severity: "error",
    rule: "empty-file",
    ...locateFile(file),
    message: "the file is empty",
    expected: `a manifest of kind ${kind}`,
    found: "nothing",
    remedy: `begin with \`apiVersion: tenantry/v1\` and \`kind: ${kind}\`, or delete the file if nothing was ever created from it`,
  };
}

function wrongVersion(text: string, file: string, version: string): Problem {
  return {
    severity: "error",
    rule: "yaml-version",
    ...locateSpan(file, text, Math.max(0, text.indexOf("%YAML")), text.indexOf("%YAML") + 5),
    message: "manifests are YAML 1.2",
    expected: "YAML 1.2",
    found: `YAML ${version}`,
    remedy: "remove the %YAML line",
  };
}

/** An alias without its anchor, or aliases of aliases of aliases that would fill the memory. */
function aliasProblem(document: Document, text: string, file: string): Problem {
  const aliases: Alias[] = [];
  visit(document, { Alias: (_, alias) => void aliases.push(alias) });
  const lost = aliases.find((alias) => alias.resolve(document) === undefined);
  const [from, to] = (lost ?? aliases[0])?.range ?? [0, 1];
  const located = locateSpan(file, text, from, to);
  if (lost) {
    return {
      severity: "error",
      rule: "alias",
      ...located,
      message: `no anchor for ${describeValue(`*${lost.source}`)}`,
      expected: "an anchor (`&name`) above the alias",
      found: "none",
      remedy: "define the anchor before it is used, or write out the value",
    };
  }
  return {
    severity: "error",
    rule: "alias-expansion",
    ...located,
    message: "the aliases of this file expand too far",
    expected: `at most ${MOST_ALIASES} uses of anchors, where nested uses multiply`,
    found: `${aliases.length} aliases that multiply each other`,
    remedy: "write out the values instead of using anchors",
  };
}
