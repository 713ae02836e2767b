import type { Currency } from "@tenantry/core/currencies";

/** What a vendor or a database answered; or why it isn't known, in a few words. */
type Answer<Value> = { readonly value: Value } | { readonly unknown: string };

/** What a live preview asked, because the engine's events don't contain it. Nothing is asked for manifests that are compared. */
export interface Asked {
  /** What is charged or invoiced at once, from Stripe's own preview of the invoice. Absent if it wasn't asked. */
  readonly due?: Answer<{ readonly amount: number; readonly currency: Currency }>;
  /** By the URN of its project, the number of rows in each database that is deleted. */
  readonly rows?: Readonly<Record<string, Answer<number>>>;
}
