import * as z from "zod";
import { controlPlane, issuerOf } from "../../../control-plane/control-plane.ts";
import { LIMIT_COLUMNS, limits, limitsFromRow, limitsToRow } from "../../../control-plane/limits.ts";
import { byColumn, present, toRows } from "../../../control-plane/rows.ts";
import type { Query } from "../../../vendors/postgres/database.ts";
import { type Row, type RowSet, readRows, syncRow, syncRows } from "../../../vendors/postgres/rows.ts";
import { defineResource } from "../../runtime/schema.ts";

const platform = z.strictObject({
  id: z.string().describe("The platform's stable id."),
  name: z.string().describe("Its slug."),
  displayName: z.string().describe("As people see it."),
  currency: z.string().describe("ISO 4217, lower case."),
  defaultPlan: z.string().describe("The plan of an organization that declares or pays for none."),
  appsDomain: z.string().optional().describe("The suffix of the apps' own URLs."),
});

const plan = z.strictObject({
  displayName: z.string().describe("As people see it."),
  monthlyAmount: z.int().min(0).optional().describe("In the currency's smallest unit; absent: by contract."),
  productId: z.string().optional().describe("Stripe's product."),
  priceLookupKey: z.string().optional().describe("Stripe's price, by its lookup key."),
  credits: z.record(z.string(), z.int().min(0)).describe("Granted each month, by wallet."),
  limits,
});

const wallet = z.strictObject({
  creditAmount: z.number().min(0).describe("The price of one credit, in the smallest unit."),
});

const trial = z.strictObject({
  plan: z.string().describe("The plan that is tried."),
  days: z.int().min(1).describe("Its length."),
  credits: z.record(z.string(), z.int().min(0)).describe("Granted once, by wallet."),
});

const catalogueInputs = z.strictObject({
  controlPlane,
  platform: platform.describe("The platform itself."),
  plans: z.record(z.string(), plan).describe("Plans by name."),
  wallets: z.record(z.string(), wallet).describe("Wallets by name."),
  trial: trial.optional().describe("What a new organization may try, once."),
});

const catalogueOutputs = z.object({});

type Inputs = z.infer<typeof catalogueInputs>;

export const catalogue = defineResource({
  type: "directory:Catalogue",
  description:
    "What a platform sells, as rows of its control plane: the platform, its plans with their limits, its wallets and its trial. Plans and wallets that the app manages stay as they are. Removing the resource leaves the rows: organizations refer to them.",
  inputs: catalogueInputs,
  outputs: catalogueOutputs,
  replaceOn: ["controlPlane"],
  stable: [],

  async observe(context, { inputs }) {
    const database = await context.controlPlane(inputs.controlPlane);
    const found = await database.read((query) => read(query, inputs));
    return found && { inputs: found, outputs: {} };
  },

  async ensure(context, inputs) {
    const database = await context.controlPlane(inputs.controlPlane);
    await database.transaction((query) => write(query, inputs, database.ref));
    return { id: inputs.platform.id, outputs: {} };
  },

  async remove() {
    // Organizations, wallets and trials refer to the rows; they go with the control plane's project.
  },
});

async function write(query: Query, inputs: Inputs, ref: string): Promise<void> {
  const { id } = inputs.platform;
  await syncRow(query, platformSet(id), { ...platformToRow(inputs), issuer: issuerOf(ref) });
  await syncRows(query, planSet(id), toRows(inputs.plans, "name", planToRow));
  await syncRows(
    query,
    walletSet(id),
    toRows(inputs.wallets, "name", (it) => ({ credit_amount: it.creditAmount })),
  );
}

async function read(query: Query, prior: Inputs): Promise<Inputs | undefined> {
  const { id } = prior.platform;
  const [row] = await readRows(query, platformSet(id), "anyone");
  if (row === undefined) return undefined;
  const plans = await readRows(query, planSet(id));
  const wallets = await readRows(query, walletSet(id));
  return catalogueInputs.parse({
    controlPlane: prior.controlPlane,
    platform: present({
      id,
      name: row.name,
      displayName: row.display_name,
      currency: row.currency,
      defaultPlan: row.default_plan,
      appsDomain: row.apps_domain,
    }),
    plans: byColumn(plans, "name", planFromRow),
    wallets: byColumn(wallets, "name", (it) => ({ creditAmount: it.credit_amount })),
    ...(row.trial_plan !== null && {
      trial: { plan: row.trial_plan, days: row.trial_days, credits: row.trial_credits },
    }),
  });
}

function platformToRow({ platform, trial }: Inputs): Row {
  return {
    name: platform.name,
    display_name: platform.displayName,
    currency: platform.currency,
    default_plan: platform.defaultPlan,
    apps_domain: platform.appsDomain,
    trial_plan: trial?.plan,
    trial_days: trial?.days,
    trial_credits: trial?.credits ?? {},
  };
}

function planToRow(plan: Inputs["plans"][string]): Row {
  return {
    display_name: plan.displayName,
    monthly_amount: plan.monthlyAmount,
    stripe_product: plan.productId,
    stripe_price_lookup_key: plan.priceLookupKey,
    credits: plan.credits,
    ...limitsToRow(plan.limits),
  };
}

function planFromRow(row: Row): Row {
  return {
    ...present({
      displayName: row.display_name,
      monthlyAmount: row.monthly_amount,
      productId: row.stripe_product,
      priceLookupKey: row.stripe_price_lookup_key,
    }),
    credits: row.credits,
    limits: limitsFromRow(row),
  };
}

function platformSet(id: string): RowSet {
  return {
    table: "public.platforms",
    scope: { id },
    key: ["id"],
    columns: [
      "name",
      "display_name",
      "currency",
      "default_plan",
      "apps_domain",
      "issuer",
      "trial_plan",
      "trial_days",
      "trial_credits",
    ],
  };
}

function planSet(id: string): RowSet {
  return {
    table: "public.plans",
    scope: { platform_id: id },
    key: ["name"],
    columns: [
      "name",
      "display_name",
      "monthly_amount",
      "stripe_product",
      "stripe_price_lookup_key",
      "credits",
      ...LIMIT_COLUMNS,
    ],
  };
}

function walletSet(id: string): RowSet {
  return {
    table: "public.wallet_types",
    scope: { platform_id: id },
    key: ["name"],
    columns: ["name", "credit_amount"],
  };
}
