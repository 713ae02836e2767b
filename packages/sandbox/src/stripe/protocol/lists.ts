import type { Shown } from "../stored.ts";
import { missingReference } from "./errors.ts";

interface Paging {
  readonly limit?: number | undefined;
  readonly starting_after?: string | undefined;
  readonly ending_before?: string | undefined;
}
export interface Range {
  readonly gt?: number | undefined;
  readonly gte?: number | undefined;
  readonly lt?: number | undefined;
  readonly lte?: number | undefined;
}

/**
 * Returns one page of a list, newest first: https://docs.stripe.com/api/pagination
 *
 * @param oldestFirst all matches in order of creation
 * @param noun the name of the object type in error messages
 */
export function page<T extends { readonly id: string }>(
  url: string,
  oldestFirst: readonly T[],
  paging: Paging,
  noun: string,
): Shown & { data: T[] } {
  const newestFirst = oldestFirst.toReversed();
  const limit = paging.limit ?? 10;
  const indexOf = (id: string, param: string): number => {
    const index = newestFirst.findIndex((item) => item.id === id);
    if (index === -1) throw missingReference(noun, id, param);
    return index;
  };
  if (paging.ending_before !== undefined) {
    const end = indexOf(paging.ending_before, "ending_before");
    const start = Math.max(0, end - limit);
    return { object: "list", data: newestFirst.slice(start, end), has_more: start > 0, url };
  }
  const start =
    paging.starting_after === undefined ? 0 : indexOf(paging.starting_after, "starting_after") + 1;
  const data = newestFirst.slice(start, start + limit);
  return { object: "list", data, has_more: start + limit < newestFirst.length, url };
}

/** Maps the items of a page. */
export function showing<T, S>(list: Shown & { data: T[] }, show: (item: T) => S): Shown & { data: S[] } {
  return { ...list, data: list.data.map(show) };
}

/** The maximum size of an embedded list. Clients read the rest from `url`: https://docs.stripe.com/expand#how-it-works */
const EMBEDDED = 10;

/** Returns the start of a list, to embed it in an object. */
export function embedded<T>(
  url: string,
  inOrder: readonly T[],
): { object: "list"; data: T[]; has_more: boolean; url: string } {
  return { object: "list", data: inOrder.slice(0, EMBEDDED), has_more: inOrder.length > EMBEDDED, url };
}

/** Whether an object matches the filters of a list request. */
export function matches<Key extends string>(
  one: { readonly created: number } & { readonly [K in Key]?: unknown },
  wanted: { readonly created?: number | Range | undefined } & { readonly [K in Key]?: unknown },
  fields: readonly Key[],
): boolean {
  return (
    within(one.created, wanted.created) &&
    fields.every((field) => (wanted[field] ?? one[field]) === one[field])
  );
}

export function within(instant: number, range: number | Range | undefined): boolean {
  if (range === undefined) return true;
  if (typeof range === "number") return instant === range;
  return (
    instant > (range.gt ?? -1) &&
    instant >= (range.gte ?? 0) &&
    instant < (range.lt ?? Number.POSITIVE_INFINITY) &&
    instant <= (range.lte ?? Number.POSITIVE_INFINITY)
  );
}
