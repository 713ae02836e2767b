import { UserError, VendorError } from "@tenantry/core/errors";
import * as z from "zod";
import { controlPlane } from "../../../control-plane/control-plane.ts";
import type { Query } from "../../../vendors/postgres/database.ts";
import { defineResource } from "../../runtime/schema.ts";

const grantInputs = z.strictObject({
  controlPlane,
  organization: z.string().describe("The organization's id."),
  wallet: z.string().describe("The wallet's name."),
  key: z
    .string()
    .describe("Identifies the grant, such as `trial:agntdata/acme:data`. Each key is posted once, ever."),
  credits: z.int().min(1).describe("The number of credits."),
  kind: z.enum(["opening", "trial", "plan"]).describe("The reason for the grant."),
  expires: z.string().optional().describe("ISO date, the last day on which the credits can be spent."),
});

const grantOutputs = z.object({
  entry: z
    .string()
    .optional()
    .describe("The id of the ledger's entry. Absent if an earlier generation used up the trial."),
  posted: z.string().optional().describe("When it was posted."),
});

type Inputs = z.infer<typeof grantInputs>;

export const grant = defineResource({
  type: "control-plane:Grant",
  description:
    "Credits granted to a wallet, once: an entry of the control plane's ledger. The same key is never posted again, whatever happens to the resource. Opening and trial credits that were posted with another amount stay. Credits of a trial are posted only to the organization that the trial belongs to. Removing the resource leaves the credits.",
  inputs: grantInputs,
  outputs: grantOutputs,
  replaceOn: ["controlPlane", "organization", "wallet", "key", "credits", "kind", "expires"],
  stable: ["entry", "posted"],

  async observe(context, { inputs, outputs }) {
    const database = await context.controlPlane(inputs.controlPlane);
    const entry = await database.read((query) => find(query, inputs));
    if (entry !== undefined) return { inputs: foundInputs(inputs, entry), outputs: outputsOf(entry) };
    return outputs.entry === undefined ? { inputs, outputs: {} } : undefined;
  },

  async ensure(context, inputs) {
    const database = await context.controlPlane(inputs.controlPlane);
    const entry = await database
      .transaction((query) => post(query, inputs))
      .catch((error: unknown) => {
        throw explained(error, inputs);
      });
    return {
      id: `${inputs.organization}/${inputs.key}`,
      outputs: entry === undefined ? {} : outputsOf(entry),
    };
  },

  async remove() {
    // Entries of the ledger are never deleted.
  },
});

interface Entry {
  readonly id: string;
  readonly wallet: string;
  readonly kind: Inputs["kind"];
  readonly credits: number;
  readonly expires: string | null;
  readonly posted: string;
}

const ENTRY = `id, wallet, kind, amount::float8 as credits,
  ((expires_at at time zone 'UTC')::date - 1)::text as expires, to_json(created_at) #>> '{}' as posted`;

async function find(query: Query, { organization, key }: Inputs): Promise<Entry | undefined> {
  const [entry] = await query<Entry>(
    `select ${ENTRY} from public.wallet_entries where organization_id = $1 and key = $2`,
    [organization, key],
  );
  return entry;
}

async function post(query: Query, inputs: Inputs): Promise<Entry | undefined> {
  if (inputs.kind === "trial" && !(await holdsTrial(query, inputs.organization))) return undefined;
  const posted = inputs.kind === "plan" ? undefined : await find(query, inputs);
  if (posted !== undefined && isSameButForCredits(posted, inputs)) return posted;
  const [entry] = await query<Entry>(
    `select ${ENTRY} from private.post_wallet_entry(entry_key => $1, entry_organization_id => $2,
       entry_wallet => $3, entry_kind => $4, entry_amount => $5, entry_managed_by => 'manifest',
       entry_expires_at => ($6::date + 1)::timestamp at time zone 'UTC')`,
    [inputs.key, inputs.organization, inputs.wallet, inputs.kind, inputs.credits, inputs.expires ?? null],
  );
  if (entry === undefined) throw new Error("posting an entry gave no entry");
  if (entry.expires !== (inputs.expires ?? null)) throw usedOtherwise(inputs);
  return entry;
}

/** Opening and trial credits are granted once. The plan may have granted other amounts at that time. */
function isSameButForCredits(entry: Entry, { wallet, kind, expires }: Inputs): boolean {
  return entry.wallet === wallet && entry.kind === kind && entry.expires === (expires ?? null);
}

/** The trial of this organization's name may belong to an earlier generation. */
async function holdsTrial(query: Query, organization: string): Promise<boolean> {
  const trials = await query("select from public.trials where organization_id = $1", [organization]);
  return trials.length > 0;
}

function foundInputs(inputs: Inputs, entry: Entry): Inputs {
  const { expires, ...rest } = inputs;
  return {
    ...rest,
    wallet: entry.wallet,
    kind: entry.kind,
    credits: entry.credits,
    ...(entry.expires === null ? {} : { expires: entry.expires }),
  };
}

function outputsOf({ id, posted }: Entry): { entry: string; posted: string } {
  return { entry: id, posted };
}

function explained(error: unknown, inputs: Inputs): unknown {
  if (!(error instanceof VendorError)) return error;
  if (error.status === "23505") return usedOtherwise(inputs);
  if (error.status === "P0002")
    return new UserError(`Organization ${inputs.organization} has no wallet ${inputs.wallet}.`, {
      remedy: "Declare the wallet in the platform's manifest, and let the grant depend on the organization.",
    });
  return error;
}

function usedOtherwise({ key }: Inputs): UserError {
  return new UserError(
    `The key ${key} was posted before with other credits, another wallet or another expiry.`,
    {
      remedy: "An entry never changes: grant the difference under another key.",
    },
  );
}
