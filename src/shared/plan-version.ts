import { SLUG, type TextRule } from "./text-rules.ts";

/**
 * The name of a version of a plan. The first version has the plan's own name, `launch`; the second is `launch@2`. Each version
 * has one name only, so that a search finds every use of it.
 */
export const PLAN_VERSION: Omit<TextRule, "name"> = {
  pattern: SLUG.pattern.replace(/\$$/, "(@([2-9]|[1-9][0-9]{1,3}))?$"),
  max: SLUG.max + "@9999".length,
  expected:
    "a plan such as `launch`, or a later version of it such as `launch@2`; the first version has no number",
};

/** A version of a plan. */
export interface PlanVersion {
  /** The plan's name, which its versions share: `launch`. */
  readonly plan: string;
  /** Counts from 1. */
  readonly version: number;
}

/** `launch@2` is version 2 of `launch`, and `launch` is version 1. */
export function planVersionOf(name: string): PlanVersion {
  const [plan = name, version = "1"] = name.split("@");
  return { plan, version: Number(version) };
}

/**
 * The id of a version's product in Stripe: `agntdata_launch`, and `agntdata_launch_v2` for the second version. Slugs have no
 * underscores, so ids of different versions differ.
 */
export function productIdOf(platform: string, name: string): string {
  const { plan, version } = planVersionOf(name);
  return version === 1 ? `${platform}_${plan}` : `${platform}_${plan}_v${version}`;
}

/** Whether two products are versions of the same plan. */
export function isSamePlan(product: string, other: string): boolean {
  return firstProduct(product) === firstProduct(other);
}

/** `agntdata_launch` for `agntdata_launch_v2`. A plan can also be named `v2`: `agntdata_v2` stays as it is. */
function firstProduct(product: string): string {
  return product.replace(/^([^_]+_[^_]+)_v[0-9]+$/, "$1");
}
