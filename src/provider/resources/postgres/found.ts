/** The declared list if the live one has the same names, otherwise the live one: a different order isn't drift. */
export function sameNames(declared: readonly string[], found: readonly string[]): string[] {
  const same = declared.length === found.length && declared.every((name) => found.includes(name));
  return [...(same ? declared : found)];
}
