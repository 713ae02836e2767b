import type { Account } from "../account.ts";
import { invalid, missing } from "../protocol/errors.ts";
import { newId } from "../protocol/ids.ts";
import { page, within } from "../protocol/lists.ts";
import { mergeMetadata } from "../protocol/metadata.ts";
import { type Kind, type Operation, operation } from "../protocol/operation.ts";
import { boolean, decimal, metadata, paging, parameters, range, text } from "../protocol/parameters.ts";
import type { StoredTaxRate } from "../stored.ts";

/** https://docs.stripe.com/api/tax_rates */
export const taxRate: Kind = { show: (account, id) => account.taxRates.get(id), expands: {} };

const texts = {
  description: text().optional(),
  jurisdiction: text(200).optional(),
  metadata: metadata(),
};
const notYet = ["country", "state", "tax_type"];

export const taxRateOperations: readonly Operation[] = [
  operation(
    "post",
    "/v1/tax_rates",
    parameters({ ...texts, display_name: text(50), inclusive: boolean(), percentage: decimal() }, [
      ...notYet,
      "active",
    ]),
    ({ account, parameters: given }) => {
      const percentage = Number(given.percentage);
      const created: StoredTaxRate = {
        id: newId("txr"),
        object: "tax_rate",
        active: true,
        country: null,
        created: account.now(),
        description: given.description ?? null,
        display_name: given.display_name,
        effective_percentage: percentage,
        flat_amount: null,
        inclusive: given.inclusive,
        jurisdiction: given.jurisdiction ?? null,
        jurisdiction_level: null,
        livemode: false,
        metadata: mergeMetadata({}, given.metadata),
        percentage,
        rate_type: "percentage",
        state: null,
        tax_type: null,
      };
      return account.taxRates.put(created.id, created);
    },
  ),

  operation(
    "get",
    "/v1/tax_rates",
    parameters({ ...paging, created: range() }),
    ({ account, parameters: wanted }) => {
      const found = account.taxRates.values().filter(({ created }) => within(created, wanted.created));
      return page("/v1/tax_rates", found, wanted, "tax rate");
    },
  ),

  operation("get", "/v1/tax_rates/:id", parameters({}), ({ account, id }) => {
    const found = account.taxRates.get(id);
    if (found === undefined) throw missing("tax rate", id, "tax_rate");
    return found;
  }),
];

/** @throws StripeError 400 for a tax rate that doesn't exist */
export function taxRatesOf(account: Account, ids: readonly string[], param: string): StoredTaxRate[] {
  return ids.map((id, index) => {
    const found = account.taxRates.get(id);
    if (found === undefined)
      throw invalid(`No such tax rate: '${id}'`, `${param}[${index}]`, "resource_missing");
    return found;
  });
}
