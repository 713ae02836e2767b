import type { Place } from "@tenantry/core/errors";
import {
  type Document,
  type DocumentOptions,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  type ParseOptions,
  parseDocument,
  type SchemaOptions,
} from "yaml";
import { type Excerpt, excerptAt, lineAndColumn } from "./excerpt.ts";
import { readRegularFile } from "./regular-file.ts";

/**
 * The options for parsing manifests. The library's check for duplicate keys takes quadratic time, so ./parse.ts does it in linear
 * time instead.
 */
export const YAML_OPTIONS: ParseOptions & DocumentOptions & SchemaOptions = {
  version: "1.2",
  prettyErrors: false,
  stringKeys: true,
  uniqueKeys: false,
};

/** The path of a value in a manifest: `["members", 0, "email"]`. */
export type Path = readonly (string | number)[];

/** The part of an entry: its key or its value. */
export type Part = "key" | "value";

/** A place in a file, with the line to show. */
export interface Located {
  readonly place: Place;
  readonly excerpt?: Excerpt;
}

/** The place and the excerpt of a span of a file's text. */
export function locateSpan(file: string, text: string, from: number, to: number): Located {
  const offset = Math.min(Math.max(from, 0), text.length);
  const { line, column } = lineAndColumn(text, offset);
  return { place: { file, line, column }, excerpt: excerptAt(text, offset, Math.max(to, offset + 1)) };
}

/** The place of a path in a parsed document. If the path doesn't exist, the place of its nearest existing parent. */
export function locatePath(file: string, text: string, document: Document, path: Path, part: Part): Located {
  const [from, to] = spanOf(document, path, part);
  return locateSpan(file, text, from, to);
}

/** The place of a whole file, for problems without a line. */
export function locateFile(file: string): Located {
  return { place: { file, line: 1, column: 1 } };
}

type Span = readonly [from: number, to: number];

function spanOf(document: Document, path: Path, part: Part): Span {
  let node: unknown = document.contents;
  let span = rangeOf(node) ?? [0, 1];
  for (const [index, segment] of path.entries()) {
    const last = index === path.length - 1;
    const step = stepInto(node, segment);
    if (step === undefined) return span;
    const valueSpan = rangeOf(step.value);
    span = (last && part === "key" ? step.keySpan : valueSpan) ?? step.keySpan ?? valueSpan ?? span;
    // The alias's value is elsewhere in the file, but the user has to change the place of the alias.
    if (isAlias(step.value)) return span;
    node = step.value;
  }
  return span;
}

function stepInto(node: unknown, segment: string | number): { keySpan?: Span; value: unknown } | undefined {
  if (isSeq(node) && typeof segment === "number") return { value: node.items[segment] };
  if (!isMap(node)) return undefined;
  const pair = (node.items as Pair[]).find(
    (item) => isScalar(item.key) && String(item.key.value) === segment,
  );
  if (pair === undefined) return undefined;
  const keySpan = rangeOf(pair.key);
  return keySpan === undefined ? { value: pair.value } : { keySpan, value: pair.value };
}

/** The span of a node; undefined for a node without text, such as the value of `key:`. */
function rangeOf(node: unknown): Span | undefined {
  const range = (node as Node | null | undefined)?.range;
  if (!range || range[0] === range[1]) return undefined;
  return [range[0], range[1]];
}

/**
 * Finds places in a valid YAML file. It reads and parses the file again when the first place is needed, because neither texts nor
 * syntax trees of valid files are kept. If the file no longer exists then, every place is the whole file.
 */
export function locatorOf(file: string): (path: Path, part: Part) => Located {
  let locate: ((path: Path, part: Part) => Located) | undefined;
  return (path, part) => {
    locate ??= openLocator(file);
    return locate(path, part);
  };
}

function openLocator(file: string): (path: Path, part: Part) => Located {
  const text = readRegularFile(file)?.toString("utf8");
  if (text === undefined) return () => locateFile(file);
  const document = parseDocument(text, YAML_OPTIONS);
  return (path, part) => locatePath(file, text, document, path, part);
}
