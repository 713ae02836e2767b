import type { Entitlements, Limit } from "../shared/entitlements.ts";
import type { PlanModel } from "./model.ts";

/** What a plan allows or grants, before and after a move to another one. */
export interface Allowance {
  /** An entitlement such as `seats`, or a wallet such as `data` whose monthly credits change. */
  readonly kind: "entitlement" | "credits";
  readonly name: string;
  /** A number, null for unlimited, or true or false. */
  readonly before: Limit | boolean;
  readonly after: Limit | boolean;
}

/** What an organization gains and loses with another plan. */
export interface PlanDifference {
  readonly gains: readonly Allowance[];
  readonly losses: readonly Allowance[];
}

/** A change of an organization's declared plan, with what it gains and loses. */
export interface PlanMove extends PlanDifference {
  /** `launch` */
  readonly from: string;
  /** `launch@2` */
  readonly to: string;
}

/**
 * Compares what two plans, or two versions of one, allow and grant each month.
 *
 * @param overrides those of the organization, which stay in effect
 */
export function planDifference(
  from: PlanModel,
  to: PlanModel,
  overrides: Partial<Entitlements> = {},
): PlanDifference {
  const changed = [...entitlementChanges(from, to, overrides), ...creditChanges(from, to)];
  return {
    gains: changed.filter(({ before, after }) => rank(after) > rank(before)),
    losses: changed.filter(({ before, after }) => rank(after) < rank(before)),
  };
}

function entitlementChanges(from: PlanModel, to: PlanModel, overrides: Partial<Entitlements>): Allowance[] {
  const names = Object.keys(from.entitlements) as (keyof Entitlements)[];
  return names
    .filter((name) => !Object.hasOwn(overrides, name))
    .map((name) => ({
      kind: "entitlement" as const,
      name,
      before: from.entitlements[name],
      after: to.entitlements[name],
    }));
}

function creditChanges(from: PlanModel, to: PlanModel): Allowance[] {
  const wallets = [...new Set([...Object.keys(from.credits), ...Object.keys(to.credits)])].sort();
  return wallets.map((name) => ({
    kind: "credits",
    name,
    before: from.credits[name] ?? 0,
    after: to.credits[name] ?? 0,
  }));
}

function rank(value: Limit | boolean): number {
  return value === null ? Number.POSITIVE_INFINITY : Number(value);
}

/** A limit or a flag in words: `unlimited`, `250,000`, `yes`. */
export function valueText(value: Limit | boolean): string {
  if (value === null) return "unlimited";
  if (typeof value === "boolean") return value ? "yes" : "no";
  return value.toLocaleString("en-US");
}
