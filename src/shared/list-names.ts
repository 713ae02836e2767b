const MOST = 20;

/** Names in a sentence: `a, b and 3 more` where there are more than twenty. */
export function listNames(names: readonly string[]): string {
  if (names.length <= MOST) return names.join(", ");
  return `${names.slice(0, MOST).join(", ")} and ${names.length - MOST} more`;
}
