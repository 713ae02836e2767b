import { isRecord } from "@tenantry/core/is-record";
import { formatPath } from "@tenantry/core/property-path";
import { UNKNOWN } from "@tenantry/core/pulumi-value";
import * as z from "zod";
import { suggest } from "../../../shared/suggest.ts";
import type { Resource } from "../../resource.ts";
import { hasUnknowns } from "./wire.ts";

export interface CheckFailure {
  readonly property: string;
  readonly reason: string;
}

/**
 * Parses a resource's inputs: applies defaults, converts secrets to `Secret` and collects all problems. Unknown values pass.
 *
 * @param olds the recorded inputs; undefined for a new resource, or to check the declared ones alone
 */
export function checkInputs(
  resource: Resource,
  declared: Readonly<Record<string, unknown>>,
  olds?: Readonly<Record<string, unknown>>,
): { readonly inputs: Readonly<Record<string, unknown>>; readonly failures: readonly CheckFailure[] } {
  const isRecorded = olds !== undefined && Object.keys(olds).length > 0;
  const news = isRecorded ? (resource.keepUnmanaged?.(olds, declared) ?? declared) : declared;
  const schema = hasUnknowns(news) ? allowUnknowns(resource.inputs, news) : resource.inputs;
  const parsed = schema.safeParse(news);
  if (!parsed.success)
    return { inputs: news, failures: parsed.error.issues.flatMap((it) => failuresOf(it, resource)) };
  const inputs = parsed.data as Readonly<Record<string, unknown>>;
  const failures = hasUnknowns(inputs) ? [] : (resource.validate?.(inputs) ?? []);
  const before = olds && resource.inputs.safeParse(olds);
  const changes = before?.success ? (resource.validateChange?.(before.data, inputs) ?? []) : [];
  return { inputs, failures: [...failures, ...changes] };
}

function failuresOf(issue: z.core.$ZodIssue, resource: Resource): CheckFailure[] {
  if (issue.code !== "unrecognized_keys")
    return [{ property: formatPath(issue.path), reason: issue.message }];
  const known = Object.keys(resource.inputs.shape);
  return issue.keys.map((key) => {
    const near = issue.path.length === 0 ? suggest(key, known) : undefined;
    const hint = near === undefined ? "" : `; did you mean ${near}?`;
    return { property: formatPath([...issue.path, key]), reason: `unknown property${hint}` };
  });
}

/** The schema, accepting anything where the value isn't known yet. */
function allowUnknowns(schema: z.core.$ZodType, value: unknown): z.ZodType {
  if (value === UNKNOWN) return z.unknown();
  if (!hasUnknowns(value)) return schema as z.ZodType;
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodNullable)
    return allowUnknowns(schema.unwrap(), value);
  if (schema instanceof z.ZodObject && isRecord(value)) {
    const shape = Object.entries(schema.shape).map(([key, each]) => [key, allowUnknowns(each, value[key])]);
    return z.strictObject(Object.fromEntries(shape));
  }
  if (schema instanceof z.ZodRecord && isRecord(value)) {
    const shape = Object.entries(value).map(([key, each]) => [key, allowUnknowns(schema.valueType, each)]);
    return z.strictObject(Object.fromEntries(shape));
  }
  if (schema instanceof z.ZodArray && Array.isArray(value)) {
    const [first, ...rest] = value.map((each) => allowUnknowns(schema.element, each));
    return first === undefined ? schema : z.tuple([first, ...rest]);
  }
  // In a union, the alternative may depend on the unknown value.
  return z.unknown();
}
