import { recordOf } from "@tenantry/core/is-record";
import * as z from "zod";
import type { Collection } from "../shared/collections.ts";

/** A resource's properties, before they are parsed. */
export type Raw = Readonly<Record<string, unknown>>;

/** The input that names the collections which a manifest leaves out. Its values are filled in by {@link keepUnmanaged}. */
export function unmanagedOf<const Key extends Collection>(...keys: readonly Key[]) {
  const shape = Object.fromEntries(
    keys.map((key) => [key, z.int().min(0).optional().describe("The number of recorded entries.")]),
  ) as {
    [key in Key]: z.ZodOptional<z.ZodInt>;
  };
  return z
    .strictObject(shape)
    .optional()
    .describe(
      "The collections that the manifest leaves out, with the number of recorded entries. They are neither written nor revoked nor compared. The inputs keep their last declared entries.",
    );
}

/** The members whose workspaces a manifest leaves out. */
export const unmanagedGrants = z
  .record(z.string(), z.literal(true))
  .optional()
  .describe(
    "The members whose workspaces the manifest leaves out, by lower-case e-mail. Their access to workspaces is neither granted nor revoked nor compared.",
  );

/** The same collection of single workspaces, by the workspace's id. */
export const unmanagedByWorkspace = z.record(z.string(), z.literal(true)).optional();

/** How a resource keeps one collection. */
interface Kept {
  /** The number of recorded entries. Undefined if it isn't known, because a closed workspace has none. */
  count(before: Raw): number | undefined;
  /** The declared inputs with the recorded entries. */
  keep(before: Raw, after: Raw): Raw;
}

/**
 * Completes the declared inputs with the recorded entries of the collections that the manifest leaves out, so that the recorded
 * state still says what was declared. If nothing was recorded of a collection that was managed, there is nothing to keep, and it
 * stays managed and empty.
 *
 * @param before the recorded inputs
 * @param after the declared inputs
 */
export function keepUnmanaged(before: Raw, after: Raw, kept: Readonly<Record<string, Kept>>): Raw {
  const [were, are] = [recordOf(before.unmanaged), recordOf(after.unmanaged)];
  const { unmanaged: _, ...rest } = after;
  let inputs: Raw = rest;
  const unmanaged: Record<string, unknown> = {};
  for (const [key, { count, keep }] of Object.entries(kept)) {
    if (!Object.hasOwn(are, key)) continue;
    const number = count(before);
    if (number === 0 && !Object.hasOwn(were, key)) continue;
    inputs = keep(before, inputs);
    unmanaged[key] = number ?? 0;
  }
  return Object.keys(unmanaged).length === 0 ? inputs : { ...inputs, unmanaged };
}

/** Keeps a map as it was recorded. */
export function keptMap(property: string): Kept {
  return {
    count: (before) => Object.keys(recordOf(before[property])).length,
    keep: (before, after) => ({ ...after, [property]: recordOf(before[property]) }),
  };
}

/** Keeps a list as it was recorded. */
export function keptList(property: string): Kept {
  return {
    count: (before) => listOf(before[property]).length,
    keep: (before, after) => ({ ...after, [property]: listOf(before[property]) }),
  };
}

/** Keeps a map of people as it was recorded, apart from the owner. */
export function keptPeopleOf(property: string): Kept {
  return {
    count: (before) => numberOfOthers(before[property]),
    keep: (before, after) => ({ ...after, [property]: keptPeople(before[property], after[property]) }),
  };
}

/** Keeps the recorded people, by e-mail, apart from the owner, whom the manifest always declares. */
function keptPeople(before: unknown, after: unknown): Raw {
  return sorted({ ...Object.fromEntries(others(before)), ...recordOf(after) });
}

/** The number of people apart from the owner. Undefined if nobody is recorded, as in a closed workspace. */
function numberOfOthers(before: unknown): number | undefined {
  return Object.keys(recordOf(before)).length === 0 ? undefined : others(before).length;
}

function others(people: unknown): [string, unknown][] {
  return Object.entries(recordOf(people)).filter(([, person]) => recordOf(person).role !== "owner");
}

/**
 * Completes a map of the people who may enter a workspace with the recorded access of the members whose workspaces the manifest
 * leaves out.
 */
export function keepGrants(before: Raw, after: Raw, property: string): Raw {
  const [known, declared] = [recordOf(before[property]), recordOf(after[property])];
  // A closed workspace has nobody, so it says nothing about anybody's access.
  // The access of an admin or an owner came with the role.
  const isKept = (email: string) =>
    Object.hasOwn(known, email) ? recordOf(known[email]).role === "member" : Object.keys(known).length === 0;
  const emails = keptNames(before, after, "unmanagedGrants", isKept);
  const access = emails.filter((email) => Object.hasOwn(known, email));
  const kept = Object.fromEntries(access.map((email) => [email, { role: "member" }]));
  return { ...withNames(after, "unmanagedGrants", emails), [property]: sorted({ ...kept, ...declared }) };
}

/** The unmanaged names of an input, without those of which nothing was recorded while they were managed. */
export function keptNames(
  before: Raw,
  after: Raw,
  property: string,
  isRecorded: (name: string) => boolean,
): string[] {
  const were = recordOf(before[property]);
  return Object.keys(recordOf(after[property])).filter(
    (name) => Object.hasOwn(were, name) || isRecorded(name),
  );
}

/** An input with these names; absent without any. */
export function withNames(inputs: Raw, property: string, names: readonly string[]): Raw {
  const { [property]: _, ...rest } = inputs;
  if (names.length === 0) return rest;
  return { ...rest, [property]: Object.fromEntries(names.map((name) => [name, true])) };
}

/** Whose access to a workspace isn't managed. */
export interface UnmanagedPeople {
  readonly unmanaged?: { readonly members?: number | undefined } | undefined;
  readonly unmanagedGrants?: Readonly<Record<string, true>> | undefined;
}

/** Whether a run leaves somebody's access as it is. The owner's is always managed. */
export function isLeft(
  { unmanaged, unmanagedGrants = {} }: UnmanagedPeople,
  email: string,
  role: string,
): boolean {
  return (unmanaged?.members !== undefined && role !== "owner") || Object.hasOwn(unmanagedGrants, email);
}

/** The people that a refresh compares with the recorded ones: those found, except where a run leaves them as they are. */
export function comparedPeople<Person extends { readonly role: string }>(
  prior: UnmanagedPeople,
  recorded: Readonly<Record<string, Person>>,
  found: Readonly<Record<string, Person>>,
): Record<string, Person> {
  const left = (people: Readonly<Record<string, Person>>, isWanted: boolean) =>
    Object.entries(people).filter(([email, { role }]) => isLeft(prior, email, role) === isWanted);
  return Object.fromEntries([...left(found, false), ...left(recorded, true)]);
}

/** In the order in which a model has people. */
function sorted(map: Raw): Raw {
  return Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)));
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
