/** Converts a slug to a title: `client-work` becomes `Client work`. */
export function titleOf(slug: string): string {
  const words = slug.replaceAll("-", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export function mapValues<Value, Result>(
  record: Readonly<Record<string, Value>>,
  change: (value: Value, key: string) => Result,
): Record<string, Result> {
  const result: Record<string, Result> = {};
  // Sorted by name, so that the order in the file doesn't matter.
  for (const key of Object.keys(record).sort()) result[key] = change(record[key] as Value, key);
  return result;
}

/** Normalizes a domain for comparison: lower case, without a trailing dot. */
export function normalizeHost(host: string): string {
  return host.toLowerCase().replace(/\.$/, "");
}
