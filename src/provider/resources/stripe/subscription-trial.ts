import { UserError } from "@tenantry/core/errors";
import type Stripe from "stripe";
import type * as z from "zod";
import type { controlPlane } from "../../../control-plane/control-plane.ts";
import { isTrialRecorded } from "../../../control-plane/trials.ts";
import type { Context } from "../../../vendors/connections.ts";
import { TRIAL_KEY } from "../../../vendors/stripe/customers.ts";

interface Subscriber {
  readonly brand: { readonly platform: string; readonly organization: string };
  readonly trial?: { readonly controlPlane: z.infer<typeof controlPlane> } | undefined;
}

/**
 * Whether a trial is declared and the organization hasn't had one. The customer, its subscriptions and the control plane each
 * record a trial. One record is enough, since the customer can be deleted.
 *
 * @param all all subscriptions of the customer, including ended ones
 */
export async function canStartTrial(
  context: Context,
  { brand, trial }: Subscriber,
  customer: Stripe.Customer,
  all: readonly Stripe.Subscription[],
): Promise<boolean> {
  if (trial === undefined || customer.metadata[TRIAL_KEY] !== undefined) return false;
  if (all.some(({ trial_start }) => trial_start !== null)) return false;
  return !(await isTrialRecorded(context, trial.controlPlane, brand));
}

/**
 * Refuses a trial that would have no effect.
 *
 * @param paid whether the organization already pays for a plan
 * @throws UserError
 */
export async function refuseTrialWithoutEffect(
  context: Context,
  subscriber: Subscriber,
  customer: Stripe.Customer,
  all: readonly Stripe.Subscription[],
  paid: boolean,
): Promise<void> {
  const { organization } = subscriber.brand;
  if (!(await canStartTrial(context, subscriber, customer, all)))
    throw new UserError(`The organization ${organization} has had its one trial.`, {
      remedy: "Remove `trial: true`. The plan is then charged from its first day.",
    });
  if (paid)
    throw new UserError(
      `The organization ${organization} already pays for its plan, so a trial would have no effect.`,
      { remedy: "Remove `trial: true`. The organization keeps its one trial." },
    );
}
