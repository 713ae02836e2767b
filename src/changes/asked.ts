import type { Currency } from "@tenantry/core/currencies";

/** What a vendor or a database answered; or why it isn't known, in a few words. */
type Answer<Value> = { readonly value: Value } | { readonly unknown: string };

/** Answers of vendors that a live preview needs beside the engine's events. A plan that compares manifests asks for none. */
export interface Asked {
  /** What is charged or invoiced at once, from Stripe's own preview of the invoice. Absent if it wasn't asked. */
  readonly due?: Answer<{ readonly amount: number; readonly currency: Currency }>;
  /** By the URN of its project, the number of rows in each database that is deleted. */
  readonly rows?: Readonly<Record<string, Answer<number>>>;
}
