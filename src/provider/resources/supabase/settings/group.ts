import { isDeepStrictEqual } from "node:util";
import type { Context } from "../../../../vendors/connections.ts";

/** One group of settings: how it is read, compared and written. A group that isn't declared costs no call. */
export interface Group<T> {
  /** What is there, for the declared fields only. */
  observe(context: Context, ref: string, declared: T): Promise<T>;
  /**
   * Writes what differs.
   *
   * @param isNew nothing was declared before: writing is harmless, so there is no need to look first
   * @param prior what was declared before
   */
  ensure(context: Context, ref: string, wanted: T, isNew: boolean, prior: T | undefined): Promise<void>;
}

/** The fields of `found` that are declared: the others aren't managed. */
export function declaredOnly<T extends object>(declared: T, found: T): T {
  return Object.fromEntries(
    Object.entries(found).filter(([key]) => declared[key as keyof T] !== undefined),
  ) as T;
}

export function differing<T extends object>(wanted: Partial<T>, found: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(wanted).filter(([key, value]) => !isDeepStrictEqual(value, found[key as keyof T])),
  ) as Partial<T>;
}

/** Without the keys whose value is undefined. */
export function present<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}

export function isEmpty(value: object): boolean {
  return Object.keys(value).length === 0;
}

/** Supabase keeps lists as texts with commas. */
export function list(text: string): string[] {
  return text
    .split(",")
    .map((each) => each.trim())
    .filter((each) => each !== "");
}
