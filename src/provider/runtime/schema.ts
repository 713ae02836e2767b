import { Secret } from "@tenantry/core/secret";
import * as z from "zod";
import type { Resource } from "../resource.ts";

/**
 * A text that must never be printed. It reaches the resource as a Secret, is wrapped in the state whether the program
 * marked it or not, and no message about it holds the value.
 *
 * @param shape what the text must look like. Default: any text
 */
export function secret(shape: z.ZodString = z.string()) {
  return z
    .custom<Secret | string>(
      (value) => value instanceof Secret || typeof value === "string",
      "expected a text",
    )
    .transform((value) => (value instanceof Secret ? value : new Secret(value)))
    .refine(
      (value) => shape.safeParse(value.reveal()).success,
      "the secret's value has not the expected form",
    )
    .meta({ secret: true });
}

/** Whether a schema was made by {@link secret}. */
export function isSecret(schema: z.core.$ZodType): boolean {
  return z.globalRegistry.get(schema)?.secret === true;
}

/** Gives a resource its types from its own schemas. */
export function defineResource<const I extends z.ZodObject, const O extends z.ZodObject>(
  resource: Resource<I, O>,
): Resource<I, O> {
  return resource;
}

/** From what a project's database password is derived. */
export const databasePassword = z
  .strictObject({
    id: z.string().min(1).describe("The stable id of the workspace, or of the platform."),
    generation: z.int().min(1).default(1).describe("Raised to rotate the password. Default 1."),
  })
  .describe("The password is an HMAC of TENANTRY_ROOT_SECRET over these; it is never stored.");

/** The output of what is derived from the root secret, of the resources that have `derives`. */
export const derivedFrom = z
  .string()
  .optional()
  .describe("The fingerprint of the root secret that it is derived from. Another root secret is an update.");

/** Who owns an object in Stripe: kept in its metadata, which holds slugs and ids and no person. */
export const brand = z
  .strictObject({
    platform: slug("The platform's name."),
    organization: slug("The organization's name.").optional(),
    id: z.string().min(1).optional().describe("The organization's stable id."),
    generation: z.int().min(1).optional().describe("The organization's generation."),
  })
  .describe("Whose it is. An object that carries another brand, or none, is never changed.");

function slug(description: string) {
  return z
    .string()
    .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, "expected a lower-case slug")
    .describe(description);
}
