import { randomBytes, randomInt } from "node:crypto";
import { isRecord, recordOf } from "@tenantry/core/is-record";
import { Secret } from "@tenantry/core/secret";
import type { OrganizationModel } from "../model/model.ts";
import type { OutputsOf, ResourceType } from "../provider/registry.ts";

/**
 * Where a value that a vendor chose would be. It has the form of a project's ref, so that it can be part of a URL. It is random, so
 * that no manifest can contain it to hide its own text.
 */
const CHOSEN = Array.from(randomBytes(20), (byte) => String.fromCharCode(97 + (byte % 26))).join("");
/** A random millisecond between the years 1020 and 1970. */
const CHOSEN_TIME = new Date(randomInt(-30_000_000_000_000, 0)).toISOString();
const CHOSEN_DAY = CHOSEN_TIME.slice(0, 10);

/** What changes show in place of a value that a vendor chose in an earlier run. */
export const RECORDED = "[recorded]";

/** Replaces values that a vendor chose by a word. The paths of changes stay. */
export function withoutChosen<T>(value: T): T {
  return replaced(JSON.parse(JSON.stringify(value))) as T;
}

function replaced(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(replaced);
  if (!isRecord(value)) return isChosen(value) ? RECORDED : value;
  const isPath = (key: string) => "segments" in value && (key === "path" || key === "segments");
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, isPath(key) ? each : replaced(each)]),
  );
}

function isChosen(value: unknown): boolean {
  return (
    typeof value === "string" && (value.includes(CHOSEN) || value === CHOSEN_TIME || value === CHOSEN_DAY)
  );
}

type Inputs = Readonly<Record<string, unknown>>;
type Outputs<T extends ResourceType> = (
  inputs: Inputs,
  organization: OrganizationModel | undefined,
) => Partial<OutputsOf<T>>;

/**
 * The outputs that a run has recorded if the vendors are in the state that the manifests describe: subscriptions are paid, and
 * trials run. Only outputs that the program reads are listed.
 */
const OUTPUTS: { readonly [T in ResourceType]?: Outputs<T> } = {
  "supabase:Project": () => ({ ref: CHOSEN, createdAt: CHOSEN_TIME }),
  "supabase:Ready": ({ state }) =>
    state === "deleted"
      ? {}
      : {
          databaseHost: `db.${CHOSEN}.supabase.co`,
          apiUrl: `https://${CHOSEN}.supabase.co`,
          issuer: `https://${CHOSEN}.supabase.co/auth/v1`,
          poolerHost: `${CHOSEN}.pooler.supabase.com`,
          poolerPort: 5432,
          poolerUser: `postgres.${CHOSEN}`,
          databaseName: "postgres",
        },
  "stripe:Customer": () => ({
    customerId: `cus_${CHOSEN}`,
    portalUrl: `https://billing.stripe.com/p/login/${CHOSEN}`,
  }),
  "stripe:Subscription": ({ state }, organization) => {
    if (state === "deleted") return { subscriptionId: "none", status: "canceled", product: "" };
    const product = organization?.plan.productId ?? "";
    const base = { subscriptionId: `sub_${CHOSEN}`, product };
    return organization?.trial === null
      ? { ...base, status: "active", paidProduct: product, paidSince: CHOSEN_DAY }
      : { ...base, status: "trialing", trialStart: CHOSEN_TIME, trialEnd: CHOSEN_TIME };
  },
  "stripe:WebhookEndpoint": () => ({ endpointId: `we_${CHOSEN}`, signingSecret: new Secret(CHOSEN) }),
  "control-plane:Organization": () => ({ issuer: `https://${CHOSEN}.supabase.co/auth/v1` }),
  "control-plane:ApiKeys": ({ keys }) => ({ values: valuesFor(keys) }),
  "control-plane:ClaimTokens": ({ tokens }) => ({ values: valuesFor(tokens) }),
};

/** The recorded outputs of a resource. */
export function recordedOutputs(
  type: ResourceType,
  inputs: Inputs,
  organization: OrganizationModel | undefined,
): Inputs {
  return OUTPUTS[type]?.(inputs, organization) ?? {};
}

/** In place of an id that a vendor chose. */
export const CHOSEN_ID = "recorded";

/** The id of a resource that an earlier run created. A plan finds the names of workspaces by the ids of their rows. */
export function recordedId(type: ResourceType, { workspaceId }: Inputs): string {
  return type === "control-plane:Workspace" && typeof workspaceId === "string" ? workspaceId : CHOSEN_ID;
}

function valuesFor(declared: unknown): Readonly<Record<string, Secret>> {
  return Object.fromEntries(
    Object.keys(recordOf(declared)).map((name) => [name, new Secret(`${name} ${CHOSEN}`)]),
  );
}
