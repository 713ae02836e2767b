import * as z from "zod";
import { invalidParameter, type StripeError } from "./errors.ts";
import type { FormObject, FormValue } from "./form.ts";

// Parameter types of the API, parsed from a form. Error messages are Stripe's.

/** Parses one value, or reports why it is invalid. */
type Read<T> = (value: FormValue) => T | InvalidValue;
class InvalidValue {
  readonly message: string;
  readonly code: string | undefined;
  constructor(message: string, code?: string) {
    this.message = message;
    this.code = code;
  }
}

function required<T>(read: Read<T>) {
  return z.unknown().transform((value, context): T => {
    const result = value === undefined ? new InvalidValue("", "parameter_missing") : read(value as FormValue);
    if (!(result instanceof InvalidValue)) return result;
    context.addIssue({ code: "custom", message: result.message, params: { code: result.code } });
    return z.NEVER;
  });
}

function readText(max: number): Read<string> {
  return (value) => {
    if (typeof value !== "string") return new InvalidValue(`Invalid string: ${JSON.stringify(value)}`);
    if (value === "") return new InvalidValue("", "parameter_invalid_empty");
    if (value.length > max)
      return new InvalidValue(`Invalid string: ${excerpt(value)}; must be at most ${max} characters`);
    return value;
  };
}

function excerpt(value: string): string {
  return value.length <= 16 ? value : `${value.slice(0, 8)}...${value.slice(-5)}`;
}

function readInteger(min: number, max: number): Read<number> {
  return (value) => {
    if (typeof value !== "string" || !/^-?\d{1,15}$/.test(value))
      return new InvalidValue(`Invalid integer: ${textOf(value)}`, "parameter_invalid_integer");
    const number = Number(value);
    if (number < min)
      return min === 0
        ? new InvalidValue("Invalid non-negative integer", "parameter_invalid_integer")
        : new InvalidValue(
            `This value must be greater than or equal to ${min}.`,
            "parameter_invalid_integer",
          );
    if (number > max)
      return new InvalidValue(
        `This value must be less than or equal to ${max}.`,
        "parameter_invalid_integer",
      );
    return number;
  };
}

function readBoolean(value: FormValue): boolean | InvalidValue {
  if (value === "true") return true;
  if (value === "false") return false;
  return new InvalidValue(`Invalid boolean: ${textOf(value)}`);
}

function readOneOf<const T extends string>(values: readonly T[]): Read<T> {
  return (value) => {
    const found = values.find((known) => known === value);
    if (found !== undefined) return found;
    const last = values.at(-1);
    const listed = values.length === 1 ? last : `one of ${values.slice(0, -1).join(", ")}, or ${last}`;
    return new InvalidValue(`Invalid %s: must be ${listed}`);
  };
}

function textOf(value: FormValue): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

export const text = (max = 5000) => required(readText(max));
export const integer = (min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER) =>
  required(readInteger(min, max));
export const boolean = () => required(readBoolean);
export const oneOf = <const T extends string>(values: readonly T[]) => required(readOneOf(values));
/** Unix seconds. */
export const timestamp = () => integer(0);
/** Unix seconds, or one of the given words. */
export const timestampOr = <const T extends string>(...words: readonly T[]) =>
  required<number | T>((value) => words.find((word) => word === value) ?? readInteger(0, 1e12)(value));
/** A currency of three letters. Stripe accepts upper case and returns lower case. */
export const currency = () =>
  required((value) =>
    typeof value === "string" && /^[A-Za-z]{3}$/.test(value)
      ? value.toLowerCase()
      : new InvalidValue(`Invalid currency: ${textOf(value)}.`),
  );
/** A decimal amount as text, with at most 12 decimal places. */
export const decimal = () =>
  required((value) =>
    typeof value === "string" && /^-?\d{1,15}(\.\d{1,12})?$/.test(value)
      ? value
      : new InvalidValue(`Invalid decimal: ${textOf(value)}; must contain at maximum 12 decimal places.`),
  );

/** A parameter that an empty string unsets. The parsed value is then null. */
export function nullable<T extends z.ZodType>(schema: T) {
  return containing(
    schema,
    either((value) => (value === "" ? NOTHING : schema)),
  );
}

const CONTENTS = new WeakMap<z.ZodType, z.ZodType>();
const UNSUPPORTED = new WeakSet<z.ZodType>();

function containing<T extends z.ZodType>(contents: z.ZodType, schema: T): T {
  CONTENTS.set(schema, contents);
  return schema;
}

/** Returns the schema that a nullable parameter or a range applies to a value. */
export function contentsOf(schema: z.ZodType): z.ZodType | undefined {
  return CONTENTS.get(schema);
}

/** Whether the schema refuses a parameter as not supported. */
export function isUnsupported(schema: z.ZodType): boolean {
  return UNSUPPORTED.has(schema);
}

function unsupported() {
  const schema = required(() => new InvalidValue("", "sandbox_unsupported"));
  UNSUPPORTED.add(schema);
  return schema.optional();
}

/** Parses with a schema that depends on the value. Unlike a union, keeps the path and the message of an error. */
function either<T extends z.ZodType, E extends z.ZodType>(choose: (value: unknown) => T | E) {
  return z.unknown().transform((value, context): z.output<T> | z.output<E> => {
    const result = choose(value).safeParse(value);
    if (result.success) return result.data;
    for (const issue of result.error.issues)
      context.issues.push({ ...issue, input: value } as z.core.$ZodRawIssue);
    return z.NEVER;
  });
}

const NOTHING = z.literal("").transform(() => null);

/** A list from `a[]=` or `a[0]=`. */
export function list<T extends z.ZodType>(of: T, max = 100) {
  const asArray = z.unknown().transform((value, context): unknown[] => {
    if (Array.isArray(value)) return value;
    const indexed = typeof value === "object" && value !== null ? Object.entries(value) : undefined;
    if (indexed?.every(([key]) => /^\d+$/.test(key)))
      return indexed.sort(([a], [b]) => Number(a) - Number(b)).map(([, item]) => item);
    context.addIssue({ code: "custom", message: "Invalid array" });
    return z.NEVER;
  });
  return asArray.pipe(z.array(of).max(max));
}

/**
 * An object with the given parameters. Refuses unknown parameters.
 *
 * @param notYet parameters of Stripe that the sandbox doesn't support; refused with a message that says so
 */
export function parameters<T extends z.ZodRawShape>(shape: T, notYet: readonly string[] = []) {
  const refused = Object.fromEntries(notYet.map((name) => [name, unsupported()]));
  return z.strictObject({ ...refused, ...shape } as T);
}

/** The metadata parameter. An empty value removes its key, and null removes all keys. */
export const metadata = () => nullable(z.record(z.string(), z.string())).optional();

/** The parameters of every list: https://docs.stripe.com/api/pagination */
export const paging = {
  limit: integer(1, 100).optional(),
  starting_after: text().optional(),
  ending_before: text().optional(),
};

/** An instant or a range of instants. */
export const range = () =>
  containing(
    RANGE,
    either((value) => (typeof value === "string" ? timestamp() : RANGE)),
  ).optional();

const RANGE = z.strictObject({
  gt: timestamp().optional(),
  gte: timestamp().optional(),
  lt: timestamp().optional(),
  lte: timestamp().optional(),
});

/** @throws StripeError 400 for unknown parameters, or else for the first invalid one */
export function readParameters<T extends z.ZodType>(schema: T, form: FormObject): z.output<T> {
  const result = schema.safeParse(form);
  if (result.success) return result.data;
  throw refusal(result.error.issues);
}

type Issue = z.core.$ZodIssue;

function refusal(issues: readonly Issue[]): StripeError {
  const unknown = issues.flatMap((issue) => unknownKeys(issue));
  if (unknown.length > 0)
    return invalidParameter(
      `Received unknown parameter${unknown.length === 1 ? "" : "s"}: ${unknown.join(", ")}`,
      unknown[0],
      "parameter_unknown",
    );
  const [issue] = issues;
  if (issue === undefined) throw new Error("A failed parse without an issue");
  const param = bracketed(issue.path);
  const code = issue.code === "custom" ? (issue.params?.code as string | undefined) : undefined;
  return invalidParameter(message(issue, code, param), param, code);
}

function message(issue: Issue, code: string | undefined, param: string): string {
  if (code === "parameter_missing") return `Missing required param: ${param}.`;
  if (code === "parameter_invalid_empty")
    return (
      `You passed an empty string for '${param}'. We assume empty values are an attempt to unset a parameter; ` +
      `however '${param}' cannot be unset. You should remove '${param}' from your request or supply a non-empty value.`
    );
  if (code === "sandbox_unsupported") return `The sandbox doesn't support Stripe's parameter ${param}.`;
  if (issue.code === "custom") return issue.message.replace("%s", param);
  if (issue.code === "too_big") return `Array must have at most ${issue.maximum} elements`;
  return `Invalid ${issue.code === "invalid_type" && issue.expected === "array" ? "array" : "object"}`;
}

function unknownKeys(issue: Issue): string[] {
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => bracketed([...issue.path, key]));
  return [];
}

function bracketed(path: readonly PropertyKey[]): string {
  const [first, ...rest] = path.map(String);
  return `${first ?? ""}${rest.map((key) => `[${key}]`).join("")}`;
}
