import { isRecord } from "@tenantry/core/is-record";
import * as z from "zod";

/** The type of a configuration value, as Pulumi.yaml declares it. */
export interface ConfigType {
  readonly type: "string" | "integer" | "boolean" | "array" | "object";
  /** The type of an array's items. */
  readonly items?: ConfigType | undefined;
}

/** The names of types. */
export const configTypeName = z.enum(["string", "integer", "boolean", "array", "object"]);

/** The type of an array's items. */
export const configType: z.ZodType<ConfigType> = z.strictObject({
  type: configTypeName,
  items: z.lazy(() => configType).optional(),
});

/** `array<integer>` */
export function typeText({ type, items }: ConfigType): string {
  return items === undefined ? type : `array<${typeText(items)}>`;
}

/**
 * Whether a value has the type. Texts of integers and booleans are allowed, because configuration is stored as text.
 *
 * @see https://github.com/pulumi/pulumi/blob/master/sdk/go/common/workspace/project.go (ValidateConfigValue)
 */
export function hasType({ type, items }: ConfigType, value: unknown): boolean {
  if (type === "string") return typeof value === "string";
  if (type === "integer") return isInteger(value);
  if (type === "boolean") return typeof value === "boolean" || value === "true" || value === "false";
  if (type === "object") return isRecord(value);
  return Array.isArray(value) && items !== undefined && value.every((item) => hasType(items, item));
}

function isInteger(value: unknown): boolean {
  if (typeof value === "string") return /^[-+]?\d+$/.test(value);
  return typeof value === "bigint" || Number.isInteger(value);
}
