import { printable } from "@tenantry/core/printable";

/** One line of a file with an underlined span. */
export interface Excerpt {
  /** Counts from 1. */
  readonly line: number;
  readonly text: string;
  /** The index in `text` at which the underline begins. */
  readonly caret: number;
  readonly length: number;
}

const WIDTH = 120;

/** The line at an offset, cut to a readable width, with hidden characters escaped and secrets masked. */
export function excerptAt(source: string, offset: number, end: number): Excerpt {
  const { line, column, start } = lineAndColumn(source, offset);
  const newline = source.indexOf("\n", start);
  const raw = source.slice(start, newline === -1 ? source.length : newline).replace(/\r$/, "");
  const shown = (to: number) => printable(raw.slice(0, to).replace(/\t/g, " "));
  const full = shown(raw.length);
  const caret = shown(column - 1).length;
  const from = caret > WIDTH - 20 ? caret - Math.floor(WIDTH / 2) : 0;
  const text = maskSecrets(full).slice(from, from + WIDTH);
  const length = Math.max(1, Math.min(shown(end - start).length - caret, text.length - (caret - from)));
  return { line, text, caret: caret - from, length };
}

/** The line and column of an offset, both from 1, and the offset at which the line starts. */
export function lineAndColumn(source: string, offset: number) {
  let line = 1;
  let start = 0;
  for (let next = source.indexOf("\n"); next !== -1 && next < offset; next = source.indexOf("\n", next + 1)) {
    line += 1;
    start = next + 1;
  }
  return { line, column: offset - start + 1, start };
}

/** Prefixes of keys and tokens of the services in use and of common model providers. */
const SECRET = /\b(sk|rk|pk|sbp|sb|whsec|xox[abeprs]|gh[opsru]|github_pat|AIza|AKIA|eyJ)[-_]?[\w.-]{12,}/g;

/** Masks everything that looks like a key or token, because people paste those into manifests. Keeps the length. */
export function maskSecrets(text: string): string {
  return text.replace(SECRET, (found, prefix: string) => prefix.padEnd(found.length, "•"));
}

/** Masks an excerpt from a column on, for places where a secret may have been written by mistake. */
export function hideFrom(excerpt: Excerpt, column: number): Excerpt {
  return {
    ...excerpt,
    text: excerpt.text.slice(0, column) + excerpt.text.slice(column).replace(/[^\s{}[\],:]/g, "•"),
  };
}
