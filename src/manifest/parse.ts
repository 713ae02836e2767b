import { type Document, isAlias, isMap, isScalar, isSeq, parseDocument } from "yaml";
import { type Located, locateFile, locatePath, locateSpan, YAML_OPTIONS } from "./locate.ts";
import { type OrganizationManifest, organizationSchema } from "./organization.ts";
import { type PlatformManifest, platformSchema } from "./platform.ts";
import type { Problem } from "./problem.ts";
import { shapeProblems } from "./shape.ts";
import { syntaxProblem } from "./syntax.ts";

export const MANIFESTS = { Platform: platformSchema, Organization: organizationSchema } as const;

export type Kind = keyof typeof MANIFESTS;

export interface ManifestOf {
  readonly Platform: PlatformManifest;
  readonly Organization: OrganizationManifest;
}

/** What came of a text: the manifest when it has no error, and every problem found. */
export interface ParseResult<K extends Kind> {
  readonly manifest: ManifestOf[K] | undefined;
  readonly problems: readonly Problem[];
}

/** Reads the text of one manifest of a kind: YAML 1.2, one document, exactly the shape of that kind. */
export function parseManifest<K extends Kind>(kind: K, text: string, file: string): ParseResult<K> {
  if (text.trim() === "") return failed(emptyFile(kind, file));
  const parsed = parseYaml(text, file);
  if (parsed.document === undefined || parsed.fatal) return failed(...parsed.problems);
  const { document, value } = parsed;
  if (value === null || value === undefined) return failed(...parsed.problems, emptyFile(kind, file));
  const locate = (path: readonly (string | number)[], part: "key" | "value"): Located =>
    locatePath(file, text, document, path, part);
  const result = MANIFESTS[kind].safeParse(value);
  const problems = [...parsed.problems];
  if (!result.success)
    problems.push(...shapeProblems(kind, MANIFESTS[kind], value, result.error.issues, locate));
  if (!result.success || problems.length > 0) return failed(...problems);
  return { manifest: result.data as ManifestOf[K], problems };
}

function failed(...problems: Problem[]) {
  return { manifest: undefined, problems };
}

interface ParsedYaml {
  readonly document: Document | undefined;
  readonly value: unknown;
  readonly problems: Problem[];
  /** Set when the text says so little that checking its shape would only add noise. */
  readonly fatal: boolean;
}

function parseYaml(text: string, file: string): ParsedYaml {
  try {
    const document = parseDocument(text, YAML_OPTIONS);
    const problems = [...document.errors, ...document.warnings].map((error) =>
      syntaxProblem(error, text, file),
    );
    if (document.directives?.yaml.explicit && document.directives.yaml.version !== "1.2") {
      problems.push(wrongVersion(text, file, document.directives.yaml.version));
    }
    if (problems.length > 0) return { document, value: undefined, problems, fatal: true };
    const value: unknown = document.toJS({ maxAliasCount: 100 });
    checkKeys(document.contents, value, text, file, problems);
    return { document, value, problems, fatal: false };
  } catch (error) {
    return { document: undefined, value: undefined, problems: [expansion(error, text, file)], fatal: true };
  }
}

/** Finds keys that come twice in one map, and takes out keys that would change what an object is. */
function checkKeys(node: unknown, value: unknown, text: string, file: string, problems: Problem[]): void {
  if (isAlias(node)) return;
  if (isSeq(node)) {
    const items = Array.isArray(value) ? value : [];
    for (const [index, item] of node.items.entries()) checkKeys(item, items[index], text, file, problems);
    return;
  }
  if (!isMap(node)) return;
  const seen = new Set<string>();
  for (const { key, value: child } of node.items) {
    if (!isScalar(key)) continue;
    const name = String(key.value);
    if (seen.has(name)) problems.push(duplicateKey(name, key.range, text, file));
    seen.add(name);
    const object = value as Record<string, unknown>;
    checkKeys(child, Object.hasOwn(object, name) ? object[name] : undefined, text, file, problems);
    if (name === "__proto__") {
      problems.push(forbiddenKey(name, key.range, text, file));
      delete object[name];
    }
  }
}

type KeyRange = readonly [number, number, number] | null | undefined;

function duplicateKey(name: string, range: KeyRange, text: string, file: string): Problem {
  return {
    severity: "error",
    rule: "duplicate-key",
    ...locateSpan(file, text, range?.[0] ?? 0, range?.[1] ?? 1),
    message: `the key \`${name}\` is here twice`,
    expected: "each key once in a map",
    found: `a second \`${name}\``,
    remedy: "take one of the two away, or join what they say",
  };
}

function forbiddenKey(name: string, range: KeyRange, text: string, file: string): Problem {
  return {
    severity: "error",
    rule: "unknown-key",
    ...locateSpan(file, text, range?.[0] ?? 0, range?.[1] ?? 1),
    message: `\`${name}\` can't be a key`,
    expected: "a key that the manifest knows",
    found: `\`${name}\``,
    remedy: "take it out",
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
    remedy: `begin with \`apiVersion: tenantry/v1\` and \`kind: ${kind}\`, or delete the file if nothing was ever made from it`,
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
    remedy: "take the %YAML line out",
  };
}

/** What the library throws instead of listing: aliases without end and nesting without end. Anything else is a bug of ours. */
function expansion(error: unknown, text: string, file: string): Problem {
  const anchor = Math.max(0, text.search(/[&*]\w/));
  if (error instanceof ReferenceError) {
    return {
      severity: "error",
      rule: "alias-expansion",
      ...locateSpan(file, text, anchor, anchor + 2),
      message: "the aliases of this file expand without a reasonable end",
      expected: "anchors that aren't part of themselves, used at most 100 times in all",
      found: error.message.toLowerCase(),
      remedy: "write the values out instead of using anchors",
    };
  }
  if (error instanceof RangeError) {
    return {
      severity: "error",
      rule: "nesting",
      ...locateFile(file),
      message: "the file is nested too deeply",
      expected: "the few levels that a manifest has",
      found: "thousands of levels",
      remedy: "take out what was nested by mistake",
    };
  }
  throw error;
}
