/** Whether a value is a map: a plain object, so no list and no instance of a class, such as a `Secret`. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // The prototype of plain objects has none itself. Another realm has another one.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** The value if it is a map, or else an empty one. */
export function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return isRecord(value) ? value : {};
}
