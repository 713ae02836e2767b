import * as z from "zod";
import { byEntitlement } from "../shared/entitlements.ts";
import { column, columns, schemaOf } from "./field.ts";

const DESCRIPTION = "An absent number is unlimited.";

/** The columns of `plans` and `quotas` that hold limits, such as `custom_domains`. NULL is unlimited. */
export const LIMIT_FIELDS = byEntitlement({
  limit: ({ description }, name) => column(snakeCase(name), z.int().min(0).optional().describe(description)),
  flag: ({ description }, name) => column(snakeCase(name), z.boolean().describe(description)),
});

export const limits = schemaOf(LIMIT_FIELDS).describe(DESCRIPTION);

export const limitColumns = columns(LIMIT_FIELDS, DESCRIPTION);

/** Limits that replace the plan's. */
export const overrides = z
  .strictObject(
    byEntitlement({
      limit: ({ description }) =>
        z
          .union([z.int().min(0), z.literal("unlimited")])
          .optional()
          .describe(description),
      flag: ({ description }) => z.boolean().optional().describe(description),
    }),
  )
  .describe("Limits that replace the plan's, whichever plan is in force.");

/** The column of a limit: `custom_domains` for `customDomains`. */
export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
