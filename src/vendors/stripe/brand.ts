import { UserError } from "@tenantry/core/errors";
import * as z from "zod";

/** The owner of a Stripe object, stored in its metadata: slugs and ids, no personal data. */
export const brand = z
  .strictObject({
    platform: slug("The platform's name."),
    organization: slug("The organization's name.").optional(),
    id: z.string().min(1).optional().describe("The organization's stable id."),
    generation: z.int().min(1).optional().describe("The organization's generation."),
  })
  .describe("The object's owner. An object with a different owner, or none, is never changed.");

function slug(description: string) {
  return z
    .string()
    .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, "expected lower-case letters, digits and hyphens")
    .describe(description);
}

export type Brand = z.infer<typeof brand>;

/** The keys of the metadata in which a brand is kept. */
export const BRAND_KEYS = {
  platform: "tenantry_platform",
  organization: "tenantry_organization",
  id: "tenantry_id",
  generation: "tenantry_generation",
} as const satisfies Record<keyof Brand, string>;

/** Says that the declaration of an object that can't be deleted was removed. */
export const ARCHIVED_KEY = "tenantry_archived";

/** Every key of ours begins so. Others belong to other programs. */
const PREFIX = "tenantry_";

export function isOurKey(key: string): boolean {
  return key.startsWith(PREFIX);
}

export type Metadata = Readonly<Record<string, string>>;

export function toMetadata(brand: Brand): Record<string, string> {
  const pairs = Object.entries(BRAND_KEYS).map(([field, key]) => [key, brand[field as keyof Brand]] as const);
  return Object.fromEntries(
    pairs.flatMap(([key, value]) => (value === undefined ? [] : [[key, String(value)]])),
  );
}

/** The entries that an update must send, since Stripe merges; an empty text removes one. */
export function differingMetadata(wanted: Metadata, found: Metadata): Record<string, string> | undefined {
  const unwanted = ARCHIVED_KEY in found && !(ARCHIVED_KEY in wanted) ? { [ARCHIVED_KEY]: "" } : {};
  const entries = Object.entries({ ...unwanted, ...wanted }).filter(([key, value]) => found[key] !== value);
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

/**
 * What of our keys isn't as it was written, with what was found. Keys of other programs are theirs.
 *
 * @param others further keys of ours that may be there
 */
export function metadataDrift(
  brand: Brand,
  found: Metadata,
  others: readonly string[] = [],
): Record<string, string> {
  const wanted = toMetadata(brand);
  const ours = Object.keys(found).filter((key) => key.startsWith(PREFIX) && !others.includes(key));
  const keys = [...new Set([...Object.keys(wanted), ...ours])].sort();
  const drifted = keys.filter((key) => found[key] !== wanted[key]);
  return Object.fromEntries(drifted.map((key) => [key, found[key] ?? "missing"]));
}

/** Whether an object is this owner's: of the same platform, and of the same organization where there is one. */
export function isOwnedBy(brand: Brand, metadata: Metadata): boolean {
  return (
    metadata[BRAND_KEYS.platform] === brand.platform &&
    (brand.id === undefined || metadata[BRAND_KEYS.id] === brand.id)
  );
}

/** @throws UserError when the object isn't ours to change */
export function assertOwned(what: string, brand: Brand, metadata: Metadata): void {
  if (isOwnedBy(brand, metadata)) return;
  const owner = metadata[BRAND_KEYS.platform];
  throw new UserError(
    `Stripe has ${what} already, and it is ${owner === undefined ? "not tenantry's" : `of the platform ${owner}`}.`,
    {
      remedy: `Declare another name, or hand it over: set its metadata ${BRAND_KEYS.platform} to ${brand.platform}.`,
    },
  );
}
