/**
 * Property paths, as Pulumi writes them: `members["ada@acme.example"].role`, `regions[0]`.
 *
 * @see https://www.pulumi.com/docs/iac/concepts/miscellaneous/property-paths/
 */
export type PropertyPath = readonly (string | number)[];

/** Parses a property path. `[*]` becomes `*`. Undefined for a text that isn't a path. */
export function parsePath(text: string): PropertyPath | undefined {
  const segments: (string | number)[] = [];
  let rest = text;
  while (rest !== "") {
    const found = /^\.?([^.[\]"]+)|^\[(\d+)\]|^\[\*\]|^\["((?:[^"\\]|\\.)*)"\]/.exec(rest);
    if (found === null) return undefined;
    const [all, name, index, key] = found;
    segments.push(
      name ?? (index === undefined ? undefined : Number(index)) ?? key?.replaceAll(/\\(.)/g, "$1") ?? "*",
    );
    rest = rest.slice(all.length);
  }
  return segments;
}

/** The inverse of {@link parsePath}. */
export function formatPath(path: readonly PropertyKey[]): string {
  return path.map((key, index) => formatKey(key, index === 0)).join("");
}

function formatKey(key: PropertyKey, first: boolean): string {
  if (typeof key === "number") return `[${key}]`;
  const text = String(key);
  if (!/^[A-Za-z_$][\w$-]*$/.test(text)) return `[${JSON.stringify(text)}]`;
  return first ? text : `.${text}`;
}

/** The value that a path leads to, or undefined. It follows own properties only, never `constructor`. */
export function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (within, key) =>
      typeof within === "object" && within !== null && Object.hasOwn(within, key)
        ? Reflect.get(within, key)
        : undefined,
    value,
  );
}
