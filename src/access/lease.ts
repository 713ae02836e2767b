import type { PlatformModel } from "../model/model.ts";
import type { DeliveryContext } from "./deliver.ts";

/** The validity of a delivery. Well below a minute, so that a late renewal and a slow poll fit in. */
const LEASE_SECONDS = 45;

/** The part of a lease after which it is renewed, so that two failures in a row don't end it. */
const RENEWED_AT = 1 / 3;

/** Adds a lease, for a process that renews it. Workspaces close when renewals stop, unless the platform declares `staysOpen`. */
export function withLease(
  context: DeliveryContext,
  { staysOpen }: Pick<PlatformModel, "staysOpen">,
): DeliveryContext {
  return { ...context, leaseSeconds: staysOpen === null ? LEASE_SECONDS : null };
}

/** Seconds after which a lease is renewed; null without a lease. */
export function renewalSeconds({ leaseSeconds = null }: DeliveryContext): number | null {
  return leaseSeconds === null ? null : leaseSeconds * RENEWED_AT;
}
