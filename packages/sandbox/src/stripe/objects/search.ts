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
 * Search, refused as it is for accounts in some countries: what it finds lags behind by up to an hour, so that nothing that
 * reads what it wrote may use it. https://docs.stripe.com/search
 */
export const searchOperations: readonly Operation[] = searched.map((noun) =>
  operation("get", `/v1/${noun}/search`, query, () => {
    throw invalid("Search is not available for this account.");
  }),
);
