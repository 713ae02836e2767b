import * as z from "zod";
import { MOST_UNITS } from "../shared/currency.ts";
import { LIFECYCLE_STATES } from "../shared/lifecycle.ts";
import { PLAN_VERSION } from "../shared/plan-version.ts";
import { COMPUTE_SIZES, REGIONS } from "../shared/supabase-catalogue.ts";
import {
  DISPLAY_NAME,
  EMAIL,
  HOST,
  hasAtMost,
  LINE,
  SCHEDULE,
  SLUG,
  type TextRule,
} from "../shared/text-rules.ts";

/*
 * The types of fields in both kinds of manifest. The error message of each states what is expected, because it is shown after
 * "expected".
 */

/** Text that matches a pattern. Every violation gets the same message, `expected`. */
export function text(pattern: RegExp, max: number, expected: string) {
  return (
    z
      .string({ error: expected })
      // First, so that the pattern never runs on a very long text.
      .refine((value) => hasAtMost(max, value), { error: expected, abort: true })
      .regex(pattern, { error: expected })
      .meta({ maxLength: max })
  );
}

/** Text that follows a rule that manifests and databases share. */
function ruled({ pattern, max, expected }: Omit<TextRule, "name">) {
  return text(new RegExp(pattern, "u"), max, expected);
}

/** One of a fixed list of words. */
export function oneOf<const Words extends readonly [string, ...string[]]>(words: Words) {
  return z.enum(words, { error: `one of ${words.join(", ")}` });
}

/** A map with a fixed set of keys. Unknown keys are errors. */
export function fields<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject(shape, { error: "a map" });
}

/** A map from names that the user chooses. */
export function named<Value extends z.ZodType>(value: Value) {
  return z.record(slug, value, { error: "a map from names to settings" });
}

/** A list. */
export function list<Item extends z.ZodType>(item: Item) {
  return z.array(item, { error: "a list" });
}

/** A whole number within bounds. */
export function wholeNumber(min: number, max: number, expected: string) {
  return z.int({ error: expected }).min(min, { error: expected }).max(max, { error: expected });
}

export const slug = ruled(SLUG);

/** The name of a version of a plan. */
export const planVersion = ruled(PLAN_VERSION);

export const displayName = ruled(DISPLAY_NAME);

/** The description of every `displayName`. */
export const DISPLAY_NAME_DESCRIPTION =
  "The name that people see. Defaults to the slug as a title: `client-work` becomes `Client work`.";

export const line = ruled(LINE);

/** An e-mail address, which is compared without regard to case. */
export const email = ruled(EMAIL);

/** A cron schedule. The rule in `src/model/schedule.ts` checks it fully and explains errors. */
export const schedule = ruled({ ...LINE, max: SCHEDULE.max, expected: SCHEDULE.expected });

export const date = z.iso.date({ error: "a date such as 2026-12-31" });

/** A host name in any case, with or without a trailing dot. */
export const host = ruled({ ...HOST, pattern: HOST.pattern.replace(/\$$/, "\\.?$"), max: HOST.max + 1 });

/** The fields that every exception and every consent needs. */
export const approval = {
  reason: line.describe("Why it was approved."),
  approvedBy: email.describe("The e-mail address of the person who approved it."),
  expires: date.describe("The last day on which it is valid."),
};

export const githubLogin = text(/^[A-Za-z\d](?:-?[A-Za-z\d])*$/, 39, "a GitHub user name");

const BYTE = "(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)";
const V4_RANGE = `(?:${BYTE}\\.){3}${BYTE}/(?:3[0-2]|[12]?\\d)`;
// `::` can be anywhere, so the pattern accepts some invalid addresses. A rule refuses those.
const V6_RANGE = "[0-9a-fA-F:]{2,39}/(?:12[0-8]|1[01]\\d|[1-9]?\\d)";

export const cidr = text(
  new RegExp(`^(?:${V4_RANGE}|${V6_RANGE})$`),
  43,
  "a CIDR range such as 203.0.113.0/24 or 2001:db8::/32",
);

export const duration = text(/^[1-9][0-9]{0,3}[mhd]$/, 5, "a duration such as 30m, 24h or 7d");

export const flag = z.boolean({ error: "true or false" });

export const credits = wholeNumber(0, 1_000_000_000_000, "a whole number of credits, zero or more");

const LIMIT = "a whole number or `unlimited`";

/** A limit of a plan: a number from `min`, or `unlimited`. */
export function limit(min: number) {
  return z.union(
    [wholeNumber(min, 1_000_000_000_000, `a whole number from ${min}`), z.literal("unlimited")],
    {
      error: min > 0 ? `${LIMIT}, at least ${min}` : LIMIT,
    },
  );
}

export const price = z
  .number({ error: "a price in whole units of the platform's currency, such as 49 or 49.5" })
  .min(0, { error: "a price that isn't negative" })
  .max(MOST_UNITS, { error: `a price up to ${MOST_UNITS}` });

export const region = z.enum(REGIONS, { error: `a Supabase region: one of ${REGIONS.join(", ")}` });

export const compute = z.enum(COMPUTE_SIZES, {
  error: `a Supabase compute size: one of ${COMPUTE_SIZES.join(", ")}`,
});

export const generation = wholeNumber(1, 10_000, "a whole number from 1").meta({
  description:
    "A part of the id. Increase it when a name that was used before is used for something new. The ids of everything in it change too.",
  default: 1,
});

export const state = oneOf(LIFECYCLE_STATES).meta({
  description:
    "The lifecycle state. `deleted` also needs an entry in `consents`. Removing a key never deletes anything.",
  default: "active",
});

/** The name of a secret. Its value is in `TENANTRY_SECRET_<NAME>` or in the stack's secret configuration `tenants:<name>`. */
export const secretName = ruled({
  ...SLUG,
  max: 100,
  expected: "the name of a secret, never its value: a slug such as acme-anthropic",
});

export const secretReference = fields({
  secret: secretName.describe(
    "The secret's name. Its value comes from the environment variable `TENANTRY_SECRET_<NAME>`, or else from `tenants:<name>` in the stack's secret configuration.",
  ),
});

export const apiVersion = z
  .literal("tenantry/v1", { error: "tenantry/v1" })
  .describe("The version of the manifest format.");
