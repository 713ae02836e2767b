import { createHash } from "node:crypto";
import { ownProperty } from "@tenantry/core/own-property";
import { Secret } from "@tenantry/core/secret";
import * as z from "zod";
import { controlPlane } from "../../../control-plane/control-plane.ts";
import { claimTokens as claimTokenTable } from "../../../control-plane/tables/organization.ts";
import { derive } from "../../../shared/derive.ts";
import { stableId } from "../../../shared/ids.ts";
import type { RootSecrets } from "../../../shared/root-secret.ts";
import type { Query } from "../../../vendors/postgres/database.ts";
import { defineResource, derivedFrom, secret } from "../../runtime/schema.ts";

const claimTokensInputs = z.strictObject({
  controlPlane,
  organization: z.string().describe("The organization's id."),
  tokens: z
    .record(z.string(), claimTokenTable.row.omit({ id: true, name: true }))
    .describe("By name. A token that is removed becomes invalid immediately. Whoever claimed it stays."),
});

const claimTokensOutputs = z.object({
  values: z.record(z.string(), secret()).describe("The tokens that can still be claimed, by name."),
  claimed: z
    .record(z.string(), z.string())
    .describe("When the other tokens were claimed, by name, ISO 8601."),
  derivedFrom,
});

type Inputs = z.infer<typeof claimTokensInputs>;
type Outputs = z.infer<typeof claimTokensOutputs>;

export const claimTokens = defineResource({
  type: "control-plane:ClaimTokens",
  description:
    "An organization's claim tokens. Each lets in one holder, once, until it expires. A value is an HMAC of TENANTRY_ROOT_SECRET, so a crash can't lose one. The control plane stores its SHA-256. A new root secret makes a new value; the previous value can be claimed while its root secret is given as a previous one. A claimed token never changes again, and its name can't be reused. Removing the resource changes nothing: `Guard` revokes tokens that are no longer declared, and knows whether the manifest only leaves them out.",
  inputs: claimTokensInputs,
  outputs: claimTokensOutputs,
  replaceOn: ["controlPlane", "organization"],
  stable: [],

  derives: (inputs) => Object.keys(inputs.tokens).length > 0,

  async observe(context, { inputs, outputs: { derivedFrom } }) {
    const { roots } = context;
    const database = await context.controlPlane(inputs.controlPlane);
    const rows = await database.read((query) => readTokens(query, inputs.organization));
    const sound = rows.filter((row) =>
      row.claimed === undefined
        ? isSound(row, roots, inputs.organization) || roots.isLost(derivedFrom)
        : ownProperty(inputs.tokens, row.name) !== undefined,
    );
    const tokens = Object.fromEntries(sound.map((row) => [row.name, asFound(inputs, row)]));
    return {
      inputs: { ...inputs, tokens },
      outputs: { ...outputsOf(roots, inputs, sound), ...(derivedFrom === undefined ? {} : { derivedFrom }) },
    };
  },

  async ensure(context, inputs, prior) {
    const { roots } = context;
    const database = await context.controlPlane(inputs.controlPlane);
    const wanted = Object.keys(inputs.tokens).map((name) => {
      const [own, ...earlier] = valuesOf(roots, inputs.organization, name).map(({ sha256 }) => sha256);
      return { id: idOf(inputs.organization, name), sha256: own, earlier };
    });
    const rows = await database.transaction(async (query) => {
      await claimTokenTable.sync(query, { organization_id: inputs.organization }, rowsOf(inputs));
      await keepHashes(query, JSON.stringify(wanted));
      // Values of a lost root secret look like values that somebody else wrote. The next change drops them.
      if (!roots.isLost(prior?.outputs.derivedFrom)) await dropForeignHashes(query, JSON.stringify(wanted));
      return readTokens(query, inputs.organization);
    });
    const { fingerprint } = roots.current;
    return {
      id: `${inputs.organization}/claim-tokens`,
      outputs: {
        ...outputsOf(roots, inputs, rows),
        ...(wanted.length === 0 ? {} : { derivedFrom: fingerprint }),
      },
    };
  },

  remove: async () => {},
});

/** One value of a token. */
interface Derived {
  readonly value: Secret;
  /** In hexadecimal. */
  readonly sha256: string;
}

interface Token extends Omit<z.infer<typeof claimTokenTable.row>, "id"> {
  /** In hexadecimal: of its value, and of its values under earlier root secrets. */
  readonly hashes: readonly string[];
  /** ISO 8601: when it was claimed. */
  readonly claimed?: string | undefined;
}

function idOf(organization: string, name: string): string {
  return stableId(`${organization}/claim-tokens/${name}`);
}

/** The value under each root secret. The current root secret comes first. */
function valuesOf(roots: RootSecrets, organization: string, name: string): Derived[] {
  return roots.all.map(({ secret }) => {
    const text = `tnc_${derive(secret, "claim-token", idOf(organization, name), 1).reveal()}`;
    return { value: new Secret(text), sha256: createHash("sha256").update(text).digest("hex") };
  });
}

/** Whether it has a value, and all its values derive from the root secrets. */
function isSound({ name, hashes }: Token, roots: RootSecrets, organization: string): boolean {
  const known = valuesOf(roots, organization, name).map(({ sha256 }) => sha256);
  return hashes.length > 0 && hashes.every((hash) => known.includes(hash));
}

function rowsOf({ organization, tokens }: Inputs) {
  const named = Object.entries(tokens).map(
    ([name, token]) => [idOf(organization, name), { ...token, name }] as const,
  );
  return claimTokenTable.rowsFrom(Object.fromEntries(named), "id");
}

async function readTokens(query: Query, organization: string): Promise<readonly Token[]> {
  const tokens = await claimTokenTable.read(query, { organization_id: organization });
  const hashes = await query<{ id: string; sha256: string }>(
    `select claim_token_id as id, encode(sha256, 'hex') as sha256 from private.claim_token_hashes
     where claim_token_id = any ($1)`,
    [tokens.map(({ id }) => id)],
  );
  return tokens.map(({ id, ...token }) => ({
    ...token,
    hashes: hashes.filter((hash) => hash.id === id).map(({ sha256 }) => sha256),
  }));
}

async function keepHashes(query: Query, wanted: string): Promise<void> {
  await query(
    `insert into private.claim_token_hashes (claim_token_id, sha256)
     select id, decode(sha256, 'hex') from ${WANTED} where ${IS_OPEN}
     on conflict (sha256) do nothing`,
    [wanted],
  );
}

/** Deletes the hashes of values that no root secret derives, so that nobody gets in with one. */
async function dropForeignHashes(query: Query, wanted: string): Promise<void> {
  await query(
    `delete from private.claim_token_hashes as held using ${WANTED}
     where held.claim_token_id = wanted.id and ${IS_OPEN} and encode(held.sha256, 'hex') <> wanted.sha256
       and not wanted.earlier ? encode(held.sha256, 'hex')`,
    [wanted],
  );
}

/** A token that was claimed never changes again. */
const IS_OPEN =
  "exists (select from public.claim_tokens where claim_tokens.id = wanted.id and claimed_at is null)";

const WANTED = "jsonb_to_recordset($1::jsonb) as wanted (id uuid, sha256 text, earlier jsonb)";

/** A token that was claimed can't change any more, so it counts as declared. */
function asFound(
  { tokens }: Inputs,
  { name, hashes: _, claimed, ...found }: Token,
): Inputs["tokens"][string] {
  const declared = ownProperty(tokens, name);
  return claimed !== undefined && declared !== undefined ? declared : found;
}

function outputsOf(roots: RootSecrets, { organization, tokens }: Inputs, rows: readonly Token[]): Outputs {
  const declared = rows.filter(({ name }) => ownProperty(tokens, name) !== undefined);
  const open = declared.filter(({ claimed }) => claimed === undefined);
  return {
    values: Object.fromEntries(
      open.flatMap(({ name, hashes }) => {
        const held = valuesOf(roots, organization, name).find(({ sha256 }) => hashes.includes(sha256));
        return held === undefined ? [] : [[name, held.value]];
      }),
    ),
    claimed: Object.fromEntries(
      declared.flatMap(({ name, claimed }) => (claimed === undefined ? [] : [[name, claimed]])),
    ),
  };
}
