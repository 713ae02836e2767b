import { afterAll, beforeAll, expect, test } from "vitest";
import { customer } from "../../src/provider/resources/stripe/customer.ts";
import { subscription } from "../../src/provider/resources/stripe/subscription.ts";
import { project } from "../../src/provider/resources/supabase/project.ts";
import { ready } from "../../src/provider/resources/supabase/ready.ts";
import { secrets } from "../../src/provider/resources/supabase/secrets.ts";
import { settings } from "../../src/provider/resources/supabase/settings.ts";
import { dataOf } from "../../src/vendors/supabase/client.ts";
import { Life } from "./life.ts";
import { type Live, SUPABASE_ORGANIZATION, startLive } from "./live.ts";
import { brandOf, LAUNCH_PRICE, NO_CONTROL_PLANE, sellPlan } from "./resources/stripe/billing.ts";

let live: Live;

beforeAll(async () => {
  live = await startLive();
});
afterAll(() => live.stop());

/** The vendor resources of an organization with one workspace, without the contents of its database. */
async function bringUp(organization: string): Promise<{ ref: string; customerId: string }> {
  const context = live.context();
  const brand = brandOf(organization);
  const { ref } = await new Life(project, context).up({
    name: `demo--${organization}`,
    organization: SUPABASE_ORGANIZATION,
    region: "us-east-1",
    compute: "micro",
    databasePassword: { id: brand.id },
  });
  await new Life(ready, context).up({ project: ref });
  await new Life(settings, context).up({
    project: ref,
    api: { maxRows: 500 },
    auth: { disableSignup: true },
    thirdPartyAuth: [{ issuer: "https://control.example/auth/v1" }],
  });
  await new Life(secrets, context).up({ project: ref, secrets: { KEY: `of ${organization}` } });

  const email = `billing@${organization}.example`;
  const { customerId } = await new Life(customer, context).up({ email, brand });
  const declared = {
    customer: customerId,
    price: LAUNCH_PRICE.lookupKey,
    trial: { days: 14, controlPlane: NO_CONTROL_PLANE },
    brand,
  };
  await new Life(subscription, context).up(declared);
  return { ref, customerId };
}

test.each([1, 2])(
  "creates everything exactly once although one call in five fails (seed %i)",
  async (seed) => {
    live.sandbox.setFaults(
      (["429", "500", "drop-before", "drop-after"] as const).map((kind) => ({ kind, share: 0.05 })),
      seed,
    );
    live.sandbox.clearRequests();
    await sellPlan(live);
    const organizations = ["one", "two", "three"].map((name) => `${name}-${seed}`);
    const made = await Promise.all(organizations.map(bringUp));
    const failed = live.sandbox.requests().filter(({ fault }) => fault !== undefined).length;
    live.sandbox.setFaults([]);
    expect(failed / live.sandbox.requests().length).toBeGreaterThan(0.1);

    const { supabase, stripe } = live.context()("look");
    const path = { slug: SUPABASE_ORGANIZATION };
    const { projects } = await dataOf(
      supabase.api.GET("/v1/organizations/{slug}/projects", { params: { path } }),
    );
    const customers = (await stripe.customers.list({ limit: 100 })).data;
    for (const [index, organization] of organizations.entries()) {
      const { ref, customerId } = made[index] as { ref: string; customerId: string };
      expect(projects.filter(({ name }) => name === `demo--${organization}`)).toMatchObject([{ ref }]);
      expect(
        customers.filter(({ metadata }) => metadata.tenantry_organization === organization),
      ).toMatchObject([{ id: customerId, metadata: { tenantry_trial: "used" } }]);
      const subscriptions = await stripe.subscriptions.list({ customer: customerId, status: "all" });
      expect(subscriptions.data).toMatchObject([{ status: "trialing" }]);
      const trusted = await dataOf(
        supabase.api.GET("/v1/projects/{ref}/config/auth/third-party-auth", { params: { path: { ref } } }),
      );
      expect(trusted).toHaveLength(1);
    }
  },
);
