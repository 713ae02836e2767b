import { isDeepStrictEqual } from "node:util";
import type { Context } from "../../../../vendors/connections.ts";

/** A group of settings that are read, compared and written together. Undeclared groups cost no API call. */
export interface Group<T> {
  /** The live values of the declared fields. */
  observe(context: Context, ref: string, declared: T): Promise<T>;
  /**
   * Writes the settings that differ.
   *
   * @param isNew whether this is the first run, which writes without comparing
   * @param prior the previously declared settings
   */
  ensure(context: Context, ref: string, wanted: T, isNew: boolean, prior: T | undefined): Promise<void>;
}

/** The fields of `found` that are declared. Undeclared fields aren't managed. */
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

/** A copy without the keys whose value is undefined. */
export function present<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}

export function isEmpty(value: object): boolean {
  return Object.keys(value).length === 0;
}

/** Parses a list: Supabase stores lists as comma-separated strings. */
export function list(text: string): string[] {
  return text
    .split(",")
    .map((each) => each.trim())
    .filter((each) => each !== "");
}
