import { invalid } from "./errors.ts";

/**
 * Merges keys into metadata. An empty value removes its key, and null removes all keys.
 *
 * Metadata is limited to 50 keys with up to 40 characters and values with up to 500: https://docs.stripe.com/metadata
 */
export function mergeMetadata(
  current: Readonly<Record<string, string>>,
  change: Readonly<Record<string, string>> | null | undefined,
): Record<string, string> {
  if (change === undefined) return { ...current };
  if (change === null) return {};
  const merged = new Map(Object.entries(current));
  for (const [key, value] of Object.entries(change)) {
    checkSize(key, value);
    if (value === "") merged.delete(key);
    else merged.set(key, value);
  }
  if (merged.size > 50)
    throw invalid(`You can have up to 50 metadata keys, but you passed in ${merged.size}.`, "metadata");
  return Object.fromEntries(merged);
}

function checkSize(key: string, value: string): void {
  if (key.length > 40)
    throw invalid(
      `Metadata keys can have up to 40 characters, but you passed in a key that is ${key.length} characters. Invalid key: ${key}`,
      "metadata",
    );
  if (value.length > 500)
    throw invalid(
      `Metadata values can have up to 500 characters, but you passed in a value that is ${value.length} characters. Invalid value: ${value}`,
      `metadata[${key}]`,
    );
}
