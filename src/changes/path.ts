/**
 * The segments of a property path as Pulumi writes it: `members["ada@acme.example"].role`, `regions[0]`.
 *
 * @see https://www.pulumi.com/docs/iac/concepts/miscellaneous/property-paths/
 */
export function parsePath(path: string): string[] {
  const segments: string[] = [];
  const pattern = /\["((?:[^"\\]|\\.)*)"\]|\[(\d+|\*)\]|([^.[\]]+)/g;
  for (const match of path.matchAll(pattern)) {
    const [, quoted, index, name] = match;
    segments.push(quoted === undefined ? (index ?? name ?? "") : quoted.replace(/\\(.)/g, "$1"));
  }
  return segments;
}

/** The inverse of `parsePath`: plain names by dots, anything else quoted. */
export function formatPath(segments: readonly string[]): string {
  return segments
    .map((segment, index) => {
      if (/^\d+$/.test(segment)) return `[${segment}]`;
      if (!/^[\w$-]+$/.test(segment)) return `[${JSON.stringify(segment)}]`;
      return index === 0 ? segment : `.${segment}`;
    })
    .join("");
}

/** What a path leads to; undefined where it leads nowhere. */
export function valueAt(value: unknown, segments: readonly string[]): unknown {
  let here = value;
  for (const segment of segments) {
    if (typeof here !== "object" || here === null || !Object.hasOwn(here, segment)) return undefined;
    here = (here as Record<string, unknown>)[segment];
  }
  return here;
}
