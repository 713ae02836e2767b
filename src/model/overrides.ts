import type { OrganizationManifest } from "../manifest/organization.ts";
import type { Entitlements } from "../shared/entitlements.ts";
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
  const { perWorkspaceAccess, ...numbers } = limits ?? {};
  const inEffect = declaredOverrides(numbers)
    .filter(([, override]) => !isExpired(override, today))
    .map(([limit, { value }]) => [limit, typeof value === "boolean" ? value : limitOf(value)]);
  return {
    ...Object.fromEntries(inEffect),
    ...(perWorkspaceAccess === undefined ? {} : { perWorkspaceAccess: perWorkspaceAccess.value }),
  };
}

/** The limits that are the plan's again, because their override has expired. Sorted. */
export function lapsedLimits(limits: Limits | undefined, today: string): readonly Overridden[] {
  return declaredOverrides(limits)
    .filter(([limit, override]) => limit !== "perWorkspaceAccess" && isExpired(override, today))
    .map(([limit]) => limit);
}
