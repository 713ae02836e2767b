import type { PropertyChange } from "../../../changes/property-change.ts";
import { type Claim, IF_DECLARED } from "../../claim.ts";
import { priceChangeText, priceIn, sayMoney } from "../../money.ts";
import type { Reading } from "../../reading.ts";
import { BILLING_KEY, PLAN_KEY, TRIAL_KEY } from "../control-plane/organization.ts";
import { fieldClaims, foundClaims, ownerKey, transition } from "../say.ts";
import type { Words } from "../words.ts";

export const subscription: Words = {
  noun: "subscription in Stripe",

  claims: (reading) => {
    if (reading.isNew) return begun(reading);
    if (reading.isRemoved) return ended(reading);
    return [
      ...replacedClaims(reading),
      ...reading.of("price").map(priceClaim),
      ...reading.of("state").map(stateClaim),
      ...reading.of("resume").map((change) => ({
        key: reading.key("resume"),
        draft: {
          subject: "billing" as const,
          action: "activated" as const,
          text: `restarts the subscription if it was canceled on or before ${String(change.after ?? "never")}`,
          danger: "money" as const,
        },
        besides: IF_DECLARED,
        changes: [change],
      })),
      ...fieldClaims(reading, [
        {
          property: "collection",
          subject: "billing",
          label: "how invoices are collected",
          besides: IF_DECLARED,
        },
        {
          property: "daysUntilDue",
          subject: "billing",
          label: "the days to pay an invoice",
          besides: IF_DECLARED,
        },
      ]),
      ...trialClaims(reading),
      ...foundClaims(reading, "drift", {
        subject: "billing",
        one: "restores a changed setting of the subscription",
        joined: { verb: "restores", noun: "changed setting", suffix: "of the subscription" },
      }),
    ];
  },
};

/** A subscription can't move to another customer. */
function replacedClaims(reading: Reading): Claim[] {
  if (reading.step.action !== "replace") return [];
  return [
    {
      key: reading.key("replaced"),
      draft: {
        subject: "billing",
        action: "changed",
        text: "cancels the subscription and starts another one for a different customer in Stripe",
        danger: "money",
      },
      besides: IF_DECLARED,
      changes: reading.of("customer"),
    },
  ];
}

/** An organization has one trial, so a later change of its declaration has no effect. */
function trialClaims(reading: Reading): Claim[] {
  const changes = reading.of("trial");
  if (changes.length === 0) return [];
  return [
    {
      key: TRIAL_KEY,
      draft: {
        subject: "billing",
        action: "changed",
        text: "changes the declaration of the trial, which has no effect on an existing subscription",
      },
      besides: IF_DECLARED,
      changes,
    },
  ];
}

function begun(reading: Reading): Claim[] {
  const price = priceIn(reading.at("price")?.after);
  const trial = reading.at("trial") === undefined ? "" : ", after a trial";
  const terms = price === undefined ? "" : ` to ${price.plan}, ${sayMoney(price)} a month${trial}`;
  return [
    {
      key: BILLING_KEY,
      draft: { subject: "billing", action: "added", text: `subscribes${terms}` },
      besides: IF_DECLARED,
      changes: [],
    },
  ];
}

function ended(reading: Reading): Claim[] {
  // It was canceled when the organization was deleted.
  if (reading.wasDeleted)
    return [
      {
        key: reading.key(reading.step.urn),
        partOf: [ownerKey(null)],
        changes: reading.step.changes,
      },
    ];
  return [
    {
      key: BILLING_KEY,
      draft: {
        subject: "billing",
        action: "removed",
        text: "ends the subscription",
        danger: "money",
      },
      besides: ["removed", "forgotten"],
      changes: reading.step.changes,
    },
  ];
}

function priceClaim(change: PropertyChange): Claim {
  const said = priceChangeText(change.before, change.after);
  const text =
    said === undefined
      ? `changes the price of the subscription: ${transition(change)}`
      : `changes the plan: ${said}`;
  const isPlan = priceIn(change.before)?.plan !== priceIn(change.after)?.plan;
  return {
    key: PLAN_KEY,
    draft: { subject: isPlan ? "plans" : "billing", action: "changed", text, danger: "money" },
    besides: IF_DECLARED,
    changes: [change],
  };
}

const STATES: Readonly<Record<string, Claim["draft"]>> = {
  active: {
    subject: "billing",
    action: "activated",
    text: "resumes collecting payments",
    danger: "money",
  },
  suspended: {
    subject: "billing",
    action: "suspended",
    text: "pauses collecting payments",
    danger: "money",
  },
  archived: {
    subject: "billing",
    action: "suspended",
    text: "pauses collecting payments",
    danger: "money",
  },
  deleted: { subject: "billing", action: "removed", text: "cancels the subscription", danger: "money" },
};

function stateClaim(change: PropertyChange): Claim {
  const draft = STATES[String(change.after)];
  return {
    key: BILLING_KEY,
    ...(draft === undefined ? {} : { draft }),
    besides: [...IF_DECLARED, "removed"],
    changes: [change],
  };
}
