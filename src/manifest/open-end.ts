import { type Document, isAlias, isMap, isScalar, isSeq, Scalar } from "yaml";
import type { Path } from "./locate.ts";

/**
 * The path of the value in which a file ends, if the file could have been longer there: its end is in a list or a map with a line
 * for each entry, so a file that lost its last lines looks the same. Empty if brackets or the marker `...` close it.
 */
export function openEnd(document: Document, text: string): Path {
  if (/(^|\n)\.\.\.[ \t]*(#.*)?\s*$/.test(text)) return [];
  const path: (string | number)[] = [];
  let node: unknown = document.contents;
  while (!isAlias(node)) {
    if (isMap(node) && node.flow !== true) {
      const last = node.items.at(-1);
      if (last === undefined || !isScalar(last.key)) break;
      path.push(String(last.key.value));
      node = last.value;
    } else if (isSeq(node) && node.flow !== true) {
      path.push(node.items.length - 1);
      node = node.items.at(-1);
    } else break;
  }
  return path;
}

/** Whether the text stops within a line whose value may go on, such as `owner: ada@acme.exam`. */
export function endsWithinLine(document: Document, text: string): boolean {
  if (text.endsWith("\n")) return false;
  let last: Scalar | undefined;
  let node: unknown = document.contents;
  while (node !== undefined) {
    if (isScalar(node)) last = node;
    if (isMap(node) && node.flow !== true) node = node.items.at(-1)?.value;
    else if (isSeq(node) && node.flow !== true) node = node.items.at(-1);
    else break;
  }
  return last?.type === Scalar.PLAIN && text.length - (last.range?.[1] ?? 0) === 0;
}
