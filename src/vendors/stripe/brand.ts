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

/** The metadata keys of a brand. */
export const BRAND_KEYS = {
  platform: "tenantry_platform",
  organization: "tenantry_organization",
  id: "tenantry_id",
  generation: "tenantry_generation",
} as const satisfies Record<keyof Brand, string>;

/** The metadata key of an object that can't be deleted and is no longer declared. */
export const ARCHIVED_KEY = "tenantry_archived";

/** The prefix of tenantry's metadata keys. All others belong to other programs. */
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

/** The entries that an update must send. Stripe merges metadata, and an empty string removes an entry. */
export function differingMetadata(wanted: Metadata, found: Metadata): Record<string, string> | undefined {
  const unwanted = ARCHIVED_KEY in found && !(ARCHIVED_KEY in wanted) ? { [ARCHIVED_KEY]: "" } : {};
  const entries = Object.entries({ ...unwanted, ...wanted }).filter(([key, value]) => found[key] !== value);
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

/**
 * The entries of tenantry's keys that differ from the brand, with the values found. Keys of other programs are ignored.
 *
 * @param others further keys of tenantry that the object may have
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

/** Whether the object has this owner: the same platform and, if the brand names one, the same organization. */
export function isOwnedBy(brand: Brand, metadata: Metadata): boolean {
  return (
    metadata[BRAND_KEYS.platform] === brand.platform &&
    (brand.id === undefined || metadata[BRAND_KEYS.id] === brand.id)
  );
}

/** @throws UserError if the object has another owner, or none */
export function assertOwned(what: string, brand: Brand, metadata: Metadata): void {
  if (isOwnedBy(brand, metadata)) return;
  const owner = metadata[BRAND_KEYS.platform];
  throw new UserError(
    `Stripe already has ${what}, and it ${owner === undefined ? "isn't managed by tenantry" : `belongs to the platform ${owner}`}.`,
    {
      remedy: `Declare another name, or transfer the object: set its metadata ${BRAND_KEYS.platform} to ${brand.platform}.`,
    },
  );
}
