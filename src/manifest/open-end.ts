import { type Document, isMap, isPair, isScalar, isSeq, Scalar, type YAMLMap, type YAMLSeq } from "yaml";
import type { Path } from "./locate.ts";

/**
 * The path of the value in which a file ends, if the file could have been longer there: its end is in a list or a map with a line
 * for each entry, so a file that lost its last lines looks the same. Empty if brackets or the marker `...` close it.
 */
export function openEnd(document: Document, text: string): Path {
  if (/(^|\n)\.\.\.[ \t]*(#.*)?\s*$/.test(text)) return [];
  const path: (string | number)[] = [];
  let node: unknown = document.contents;
  while (isBlock(node)) {
    const last: unknown = node.items.at(-1);
    const value: unknown = isPair(last) ? last.value : last;
    if (!isBlock(value)) break;
    path.push(isPair(last) && isScalar(last.key) ? String(last.key.value) : node.items.length - 1);
    node = value;
  }
  return path;
}

/** A list or a map with a line for each entry. */
function isBlock(node: unknown): node is YAMLMap | YAMLSeq {
  return (isMap(node) || isSeq(node)) && node.flow !== true;
}

/** Whether the text stops within a line whose value may go on, such as `owner: ada@acme.exam`. */
export function endsWithinLine(document: Document, text: string): boolean {
  if (text.endsWith("\n")) return false;
  let node: unknown = document.contents;
  while (isBlock(node)) {
    const last: unknown = node.items.at(-1);
    node = isPair(last) ? last.value : last;
  }
  return isScalar(node) && node.type === Scalar.PLAIN && node.range?.[1] === text.length;
}
