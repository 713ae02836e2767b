/** The shape of a JSON value: its type, or the shapes of an object's fields, or of a list's first element. */
export type Shape = string | [Shape] | [] | { [field: string]: Shape };

export function shapeOf(value: unknown): Shape {
  if (value === null) return "null";
  if (Array.isArray(value)) return value.length === 0 ? [] : [shapeOf(value[0])];
  if (typeof value !== "object") return typeof value;
  return Object.fromEntries(Object.entries(value).map(([field, inner]) => [field, shapeOf(inner)]));
}

/**
 * Returns the fields of `theirs` that are absent in `ours` or have another type.
 *
 * A null matches any type, because either side may have no value. So does an empty list, and an id matches the object that
 * the other side expands.
 */
export function lacks(ours: Shape | undefined, theirs: Shape, place = ""): string[] {
  if (ours === undefined) return [`${place} is absent`];
  if (ours === "null" || theirs === "null") return [];
  if (Array.isArray(ours) && Array.isArray(theirs))
    return ours[0] === undefined || theirs[0] === undefined ? [] : lacks(ours[0], theirs[0], `${place}[]`);
  if (isFields(ours) && isFields(theirs))
    return Object.entries(theirs).flatMap(([field, inner]) =>
      isFree(field, theirs) ? [] : lacks(ours[field], inner, place === "" ? field : `${place}.${field}`),
    );
  if (ours === "string" && isFields(theirs) && "object" in theirs) return [];
  return ours === theirs ? [] : [`${place} is ${describe(ours)}, not ${describe(theirs)}`];
}

function isFields(shape: Shape): shape is { [field: string]: Shape } {
  return typeof shape === "object" && !Array.isArray(shape);
}

/** Whether a field may have any contents: metadata, and the object of an event. */
function isFree(field: string, owner: { [field: string]: Shape }): boolean {
  return field === "metadata" || (field === "data" && "pending_webhooks" in owner);
}

function describe(shape: Shape): string {
  if (typeof shape === "string") return shape;
  return Array.isArray(shape) ? "a list" : "an object";
}
