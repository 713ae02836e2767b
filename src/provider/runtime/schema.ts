import { Secret } from "@tenantry/core/secret";
import * as z from "zod";
import type { Resource } from "../resource.ts";

/**
 * A string that must never be printed. The resource receives it as a `Secret`. It is encrypted in the state even if the
 * program didn't mark it as secret, and no message contains its value.
 *
 * @param shape checks the string. Default: any string
 */
export function secret(shape: z.ZodString = z.string()) {
  return z
    .custom<Secret | string>(
      (value) => value instanceof Secret || typeof value === "string",
      "expected a string",
    )
    .transform((value) => (value instanceof Secret ? value : new Secret(value)))
    .refine(
      (value) => shape.safeParse(value.reveal()).success,
      "the secret's value doesn't have the expected form",
    )
    .meta({ secret: true });
}

/** Whether a schema was made by {@link secret}. */
export function isSecret(schema: z.core.$ZodType): boolean {
  return z.globalRegistry.get(schema)?.secret === true;
}

/** Infers a resource's types from its schemas. */
export function defineResource<const I extends z.ZodObject, const O extends z.ZodObject>(
  resource: Resource<I, O>,
): Resource<I, O> {
  return resource;
}

/** The values that a project's database password is derived from. */
export const databasePassword = z
  .strictObject({
    id: z.string().min(1).describe("The stable id of the workspace, or of the platform."),
    generation: z.int().min(1).default(1).describe("Raised to rotate the password. Default 1."),
  })
  .describe(
    "The password is an HMAC of these values, with TENANTRY_ROOT_SECRET as the key. It is never stored.",
  );

/** The output of each resource whose values are derived from the root secret; see `Resource.derives`. */
export const derivedFrom = z
  .string()
  .optional()
  .describe("The fingerprint of the root secret that it is derived from. A new root secret is an update.");
