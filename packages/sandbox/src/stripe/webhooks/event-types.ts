/** Whether an event has one of the types. A type may end in `.*`. */
export function isOfType(event: { readonly type: string }, types: readonly string[] | undefined): boolean {
  if (types === undefined) return true;
  return types.some((type) =>
    type.endsWith("*") ? event.type.startsWith(type.slice(0, -1)) : type === event.type,
  );
}
