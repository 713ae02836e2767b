/** The list as it was declared where it names the same, else as it is found: an order is no difference. */
export function sameNames(declared: readonly string[], found: readonly string[]): string[] {
  const same = declared.length === found.length && declared.every((name) => found.includes(name));
  return [...(same ? declared : found)];
}
