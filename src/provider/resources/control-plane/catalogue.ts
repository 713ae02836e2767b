import * as z from "zod";
import { controlPlane, controlPlaneIfThere, issuerOf } from "../../../control-plane/control-plane.ts";
import { keepPlansOfClosed, refuseToRemovePlansInUse } from "../../../control-plane/plans-in-use.ts";
import { refuseOtherCurrency } from "../../../control-plane/sold-currency.ts";
import { mapBy } from "../../../control-plane/table.ts";
import { plans, platforms, walletTypes } from "../../../control-plane/tables/catalogue.ts";
import type { Query } from "../../../vendors/postgres/database.ts";
import { defineResource } from "../../runtime/schema.ts";

const catalogueInputs = z.strictObject({
  controlPlane,
  platform: platforms.row
    .omit({ issuer: true, trial: true })
    .extend({ id: z.string().describe("The platform's stable id.") })
    .describe("The platform itself."),
  plans: z.record(z.string(), plans.row.omit({ name: true })).describe("Plans by name."),
  wallets: z.record(z.string(), walletTypes.row.omit({ name: true })).describe("Wallets by name."),
  trial: platforms.row.shape.trial,
  stayOpen: z
    .string()
    .optional()
    .describe(
      "Why workspaces stay open while no process renews their lease. Only recorded, so that a preview shows it.",
    ),
});

const catalogueOutputs = z.object({});

type Inputs = z.infer<typeof catalogueInputs>;

export const catalogue = defineResource({
  type: "control-plane:Catalogue",
  description:
    "What a platform sells, as rows of its control plane: the platform, its plans with their limits, its wallets and its trial. Plans and wallets that the app manages are left unchanged. Removing the resource leaves the rows, because organizations refer to them.",
  inputs: catalogueInputs,
  outputs: catalogueOutputs,
  replaceOn: ["controlPlane"],
  stable: [],

  async preflight(context, before, after) {
    const currencies = { before: before.platform.currency, after: after.platform?.currency };
    const removed = removedPlans(before.plans, after.plans ?? before.plans);
    const isMoved = currencies.after !== undefined && currencies.before !== currencies.after;
    if (!isMoved && removed.length === 0) return;
    const database = await controlPlaneIfThere(context, before.controlPlane);
    await database?.read(async (query) => {
      const { before: was, after: wanted } = currencies;
      if (wanted !== undefined && isMoved)
        await refuseOtherCurrency(query, before.platform.id, { before: was, after: wanted });
      await refuseToRemovePlansInUse(query, removed);
    });
  },

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

async function write(query: Query, { platform, trial, ...inputs }: Inputs, ref: string): Promise<void> {
  const { id, ...row } = platform;
  const owner = { platform_id: id };
  await platforms.syncOne(query, { id }, platforms.rowFrom({ ...row, trial, issuer: issuerOf(ref) }));
  await syncPlans(query, owner, inputs.plans);
  await walletTypes.sync(query, owner, walletTypes.rowsFrom(inputs.wallets, "name"));
}

async function syncPlans(
  query: Query,
  owner: { platform_id: string },
  declared: Inputs["plans"],
): Promise<void> {
  const present = mapBy(await plans.read(query, owner), "name");
  await refuseToRemovePlansInUse(query, removedPlans(present, declared));
  await keepPlansOfClosed(query, owner.platform_id, Object.keys(declared));
  await plans.sync(query, owner, plans.rowsFrom(declared, "name"));
}

function removedPlans(before: object, after: object): string[] {
  return Object.keys(before).filter((name) => !Object.hasOwn(after, name));
}

async function read(
  query: Query,
  { controlPlane, platform: { id }, stayOpen }: Inputs,
): Promise<Inputs | undefined> {
  const found = await platforms.find(query, { id });
  if (found === undefined) return undefined;
  const { issuer: _, trial, ...platform } = found;
  const owner = { platform_id: id };
  return {
    controlPlane,
    platform: { id, ...platform },
    plans: mapBy(await plans.read(query, owner), "name"),
    wallets: mapBy(await walletTypes.read(query, owner), "name"),
    ...(trial && { trial }),
    ...(stayOpen !== undefined && { stayOpen }),
  };
}
