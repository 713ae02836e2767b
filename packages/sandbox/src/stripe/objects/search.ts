import { invalid } from "../protocol/errors.ts";
import { type Operation, operation } from "../protocol/operation.ts";
import { integer, parameters, text } from "../protocol/parameters.ts";

const searched = [
  "charges",
  "customers",
  "invoices",
  "payment_intents",
  "prices",
  "products",
  "subscriptions",
];
const query = parameters({ query: text(), limit: integer(1, 100).optional(), page: text().optional() });

/**
 * Search requests, which the sandbox refuses, as Stripe does for accounts in some countries. Results lag behind writes by up
 * to an hour, so a program that must see its own writes can't use search: https://docs.stripe.com/search
 */
export const searchOperations: readonly Operation[] = searched.map((noun) =>
  operation("get", `/v1/${noun}/search`, query, () => {
    throw invalid("Search is not available for this account.");
  }),
);
