const MOST = 20;

/** Lists names in a sentence. Above twenty it ends with a count: `a, b and 3 more`. */
export function listNames(names: readonly string[]): string {
  if (names.length <= MOST) return names.join(", ");
  return `${names.slice(0, MOST).join(", ")} and ${names.length - MOST} more`;
}
