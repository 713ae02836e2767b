import type { OrganizationManifest } from "../manifest/organization.ts";

/** How an organization pays. */
export interface BillingModel {
  /** Lower case. */
  readonly email: string;
  readonly collection: "charge_automatically" | "send_invoice";
  /** Restarts a subscription that was canceled on or before this day, such as `2026-11-22`; null for none. */
  readonly resume: string | null;
}

export function billingModel({ billing, owner }: OrganizationManifest): BillingModel {
  return {
    email: (billing?.email ?? owner).toLowerCase(),
    collection: billing?.collection ?? "charge_automatically",
    resume: billing?.resume ?? null,
  };
}
