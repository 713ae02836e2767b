import type * as z from "zod";
import type { Account } from "../account.ts";
import { invalid, missing } from "../protocol/errors.ts";
import { newId, random } from "../protocol/ids.ts";
import { page } from "../protocol/lists.ts";
import { mergeMetadata } from "../protocol/metadata.ts";
import { type Operation, operation } from "../protocol/operation.ts";
import {
  boolean,
  list,
  metadata,
  nullable,
  oneOf,
  paging,
  parameters,
  text,
} from "../protocol/parameters.ts";
import type { StoredPortalConfiguration } from "../stored.ts";

const features = parameters(
  {
    customer_update: parameters({
      allowed_updates: list(oneOf(["address", "email", "name", "phone", "shipping", "tax_id"])).optional(),
      enabled: boolean(),
    }).optional(),
    invoice_history: parameters({ enabled: boolean() }).optional(),
    payment_method_update: parameters({ enabled: boolean() }, ["payment_method_configuration"]).optional(),
    subscription_cancel: parameters(
      {
        enabled: boolean(),
        mode: oneOf(["at_period_end", "immediately"]).optional(),
      },
      ["cancellation_reason", "proration_behavior"],
    ).optional(),
    subscription_update: parameters(
      {
        enabled: boolean(),
        default_allowed_updates: list(oneOf(["price", "promotion_code", "quantity"])).optional(),
      },
      [
        "billing_cycle_anchor",
        "products",
        "proration_behavior",
        "schedule_at_period_end",
        "trial_update_behavior",
      ],
    ).optional(),
  },
  ["subscription_pause"],
);
const fields = {
  business_profile: parameters({
    headline: nullable(text(60)).optional(),
    privacy_policy_url: text().optional(),
    terms_of_service_url: text().optional(),
  }).optional(),
  default_return_url: nullable(text()).optional(),
  login_page: parameters({ enabled: boolean() }).optional(),
  metadata: metadata(),
};
const creation = parameters({ ...fields, features }, ["name"]);
const update = parameters({ ...fields, active: boolean().optional(), features: features.optional() }, [
  "name",
]);
const listing = parameters({ ...paging, active: boolean().optional(), is_default: boolean().optional() });

const PATH = "/v1/billing_portal/configurations";

export const portalConfigurationOperations: readonly Operation[] = [
  operation("post", PATH, creation, ({ account, parameters: given }) => {
    const created = changed(blank(account), given, account.now());
    return account.portalConfigurations.put(created.id, created);
  }),

  operation("get", PATH, listing, ({ account, parameters: wanted }) => {
    const found = account.portalConfigurations
      .values()
      .filter(
        (one) =>
          (wanted.active ?? one.active) === one.active &&
          (wanted.is_default ?? one.is_default) === one.is_default,
      );
    return page(PATH, found, wanted, "configuration");
  }),

  operation("get", `${PATH}/:id`, parameters({}), ({ account, id }) => get(account, id)),

  operation("post", `${PATH}/:id`, update, ({ account, id, parameters: given }) => {
    const before = get(account, id);
    if (given.active === false && before.is_default)
      throw invalid("You cannot deactivate the default portal configuration.", "active");
    if (given.active === false && (given.login_page?.enabled ?? before.login_page.enabled))
      throw invalid("You cannot deactivate a configuration whose login page is enabled.", "active");
    const after = { ...changed(before, given, account.now()), active: given.active ?? before.active };
    return account.portalConfigurations.put(id, after);
  }),
];

function get(account: Account, id: string): StoredPortalConfiguration {
  const found = account.portalConfigurations.get(id);
  if (found === undefined) throw missing("configuration", id, "configuration");
  return found;
}

function changed(
  before: StoredPortalConfiguration,
  given: z.output<typeof update>,
  now: number,
): StoredPortalConfiguration {
  const { features = {} } = given;
  const enabled = given.login_page?.enabled ?? before.login_page.enabled;
  return {
    ...before,
    business_profile: { ...before.business_profile, ...given.business_profile },
    default_return_url:
      given.default_return_url === undefined ? before.default_return_url : given.default_return_url,
    features: {
      ...before.features,
      customer_update: { ...before.features.customer_update, ...features.customer_update },
      invoice_history: { ...before.features.invoice_history, ...features.invoice_history },
      payment_method_update: { ...before.features.payment_method_update, ...features.payment_method_update },
      subscription_cancel: { ...before.features.subscription_cancel, ...features.subscription_cancel },
      subscription_update: { ...before.features.subscription_update, ...features.subscription_update },
    },
    login_page: {
      enabled,
      url: enabled
        ? (before.login_page.url ?? `https://billing.stripe.com/p/login/test_${random(14)}`)
        : null,
    },
    metadata: mergeMetadata(before.metadata ?? {}, given.metadata),
    updated: now,
  };
}

function blank(account: Account): StoredPortalConfiguration {
  return {
    id: newId("bpc"),
    object: "billing_portal.configuration",
    active: true,
    application: null,
    business_profile: { headline: null, privacy_policy_url: null, terms_of_service_url: null },
    created: account.now(),
    default_return_url: null,
    features: {
      customer_update: { allowed_updates: [], enabled: false },
      invoice_history: { enabled: false },
      payment_method_update: { enabled: false, payment_method_configuration: null },
      subscription_cancel: {
        cancellation_reason: { enabled: false, feedback_options: null, options: [] },
        enabled: false,
        mode: "at_period_end",
        proration_behavior: "none",
      },
      subscription_pause: { duration: { interval_options: [], type: "indefinite" }, enabled: false },
      subscription_update: {
        billing_cycle_anchor: null,
        default_allowed_updates: [],
        enabled: false,
        proration_behavior: "none",
        schedule_at_period_end: { conditions: [] },
        trial_update_behavior: "end_trial",
      },
    },
    is_default: account.portalConfigurations.values().length === 0,
    livemode: false,
    login_page: { enabled: false, url: null },
    metadata: {},
    name: null,
    updated: account.now(),
  };
}
