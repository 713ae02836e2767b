import type { OrganizationManifest } from "../manifest/organization.ts";
import type { Entitlements } from "../shared/entitlements.ts";
import type { OverrideModel } from "./model.ts";
import { limitOf } from "./platform.ts";

type Limits = NonNullable<OrganizationManifest["limits"]>;

/** The name of a limit with an override. */
export type Overridden = keyof Limits;

/** An override of one limit. */
export type Override = NonNullable<Limits[Overridden]>;

/** The declared overrides by limit, sorted by name. */
export function declaredOverrides(limits: Limits = {}): readonly (readonly [Overridden, Override])[] {
  return Object.entries(limits)
    .sort(([a], [b]) => a.localeCompare(b))
    .flatMap(([limit, override]) =>
      override === undefined ? [] : [[limit as Overridden, override] as const],
    );
}

/** An override is valid through the end of its last day, in UTC. */
export function isExpired({ expires }: Pick<Override, "expires">, today: string): boolean {
  return expires < today;
}

/**
 * The overrides that are in effect. An expired override of a number isn't, so the plan's limit applies.
 *
 * An expired override of `perWorkspaceAccess` stays in effect until it is removed. Otherwise a date would change who enters
 * which workspace, without anybody having reviewed that.
 */
export function overridesInEffect(limits: Limits | undefined, today: string): Partial<Entitlements> {
  const inEffect = overrideModels(limits, today).filter((override) => override.inEffect);
  return Object.fromEntries(inEffect.map(({ limit, value }) => [limit, value]));
}

/** The declared overrides, with whether they are in effect. Sorted by limit. */
export function overrideModels(limits: Limits | undefined, today: string): readonly OverrideModel[] {
  return declaredOverrides(limits).map(([limit, { value, expires }]) => ({
    limit,
    value: typeof value === "boolean" ? value : limitOf(value),
    expires,
    inEffect: limit === "perWorkspaceAccess" || !isExpired({ expires }, today),
  }));
}
