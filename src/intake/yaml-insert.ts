import {
  isMap,
  isNode,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  parseDocument,
  stringify,
  type YAMLMap,
  type YAMLSeq,
} from "yaml";
import { type Path, YAML_OPTIONS } from "../manifest/locate.ts";

/** A value in a manifest. */
export type Value = string | number | boolean | readonly Value[] | { readonly [key: string]: Value };

/** The collection can't be edited, for example because it is an alias. */
export class NotEditable extends Error {}

/**
 * Adds an entry to a map or an item to a list in a manifest's text. Everything else stays unchanged, byte for byte: comments,
 * order, blank lines and the notation of values.
 *
 * @param path the path of the collection, which is created if it is missing
 * @param key the key of the entry; undefined for an item of a list
 */
export function addTo(text: string, path: Path, key: string | undefined, value: Value): string {
  const document = parseDocument(text, YAML_OPTIONS);
  const root = document.contents;
  const existing: unknown = path.length === 0 ? root : document.getIn(path, true);
  if (existing === undefined) return addCollection(text, path, key, value);
  if (!isMap(existing) && !isSeq(existing)) throw new NotEditable(path.join("."));
  return insert(text, existing, key, value);
}

/** Adds a missing collection with its first entry to its parent. */
function addCollection(text: string, path: Path, key: string | undefined, value: Value): string {
  const last = path.at(-1);
  if (typeof last !== "string") throw new NotEditable(path.join("."));
  const collection: Value = key === undefined ? [value] : { [key]: value };
  return addTo(text, path.slice(0, -1), last, collection);
}

type Collection = YAMLMap | YAMLSeq;

function insert(text: string, collection: Collection, key: string | undefined, value: Value): string {
  const last = collection.items.at(-1) as Node | Pair | undefined;
  if (collection.flow !== true && last !== undefined) return insertLine(text, last, key, value);
  const entry = key === undefined ? inline(value) : `${inline(key)}: ${inline(value)}`;
  if (last !== undefined) return splice(text, endOf(last), `, ${entry}`);
  const [from, to] = rangeOf(collection);
  const padded = isMap(collection) ? `{ ${entry} }` : `[${entry}]`;
  return text.slice(0, from) + padded + text.slice(to);
}

/** Adds a line below the last entry, with the same indentation. */
function insertLine(text: string, last: Node | Pair, key: string | undefined, value: Value): string {
  const start = startOf(last);
  const lineStart = text.lastIndexOf("\n", start - 1) + 1;
  const indent = /^ */.exec(text.slice(lineStart))?.[0] ?? "";
  const lines = key === undefined ? `${indent}- ${inline(value)}` : entryLines(indent, key, value);
  const end = endOf(last);
  // A block scalar includes its last line break.
  const from = text[end - 1] === "\n" ? end - 1 : end;
  const lineEnd = text.indexOf("\n", from);
  return lineEnd === -1 ? `${text}\n${lines}\n` : splice(text, lineEnd, `\n${lines}`);
}

/** At the top level of a manifest, each entry of a map or list gets its own line. */
function entryLines(indent: string, key: string, value: Value): string {
  const name = `${indent}${inline(key)}:`;
  if (indent !== "" || typeof value !== "object" || Object.keys(value).length === 0)
    return `${name} ${inline(value)}`;
  const entries = isList(value)
    ? value.map((item) => `  - ${inline(item)}`)
    : Object.entries(value).map(([inner, item]) => `  ${inline(inner)}: ${inline(item)}`);
  return [name, ...entries].join("\n");
}

function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

/** A value in flow style, on one line. */
function inline(value: Value): string {
  if (isList(value)) return `[${value.map(inline).join(", ")}]`;
  if (typeof value === "object") {
    const entries = Object.entries(value).map(([key, item]) => `${inline(key)}: ${inline(item)}`);
    return entries.length === 0 ? "{}" : `{ ${entries.join(", ")} }`;
  }
  const within = stringify([value], { collectionStyle: "flow", lineWidth: 0, flowCollectionPadding: false });
  return within.trim().slice(1, -1);
}

function startOf(item: Node | Pair): number {
  return rangeOf(isNode(item) ? item : item.key)[0];
}

function endOf(item: Node | Pair): number {
  if (!isNode(item))
    return isNode(item.value) && !isEmpty(item.value) ? endOf(item.value) : rangeOf(item.key)[1];
  const last = isCollection(item) && item.flow !== true ? item.items.at(-1) : undefined;
  return last === undefined ? rangeOf(item)[1] : endOf(last as Node | Pair);
}

function isCollection(node: Node): node is Collection {
  return isMap(node) || isSeq(node);
}

/** The value of `key:`, which has no text. */
function isEmpty(node: Node): boolean {
  return isScalar(node) && node.value === null && node.range?.[0] === node.range?.[1];
}

function rangeOf(node: unknown): [number, number] {
  const range = isNode(node) ? node.range : undefined;
  if (!range) throw new NotEditable("a value without a position");
  return [range[0], range[1]];
}

function splice(text: string, at: number, added: string): string {
  return text.slice(0, at) + added + text.slice(at);
}
