/** A slug as a title: `client-work` is `Client work`. */
export function titleOf(slug: string): string {
  const words = slug.replaceAll("-", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export function mapValues<Value, Result>(
  record: Readonly<Record<string, Value>>,
  change: (value: Value, key: string) => Result,
): Record<string, Result> {
  const result: Record<string, Result> = {};
  // In the order of their names, so that the order in the file changes nothing.
  for (const key of Object.keys(record).sort()) result[key] = change(record[key] as Value, key);
  return result;
}
