import { createHash } from "node:crypto";
import { ownProperty } from "@tenantry/core/own-property";
import { Secret } from "@tenantry/core/secret";
import * as z from "zod";
import { controlPlane, controlPlaneIfThere } from "../../../control-plane/control-plane.ts";
import { present } from "../../../control-plane/rows.ts";
import { derive } from "../../../shared/derive.ts";
import { stableId } from "../../../shared/ids.ts";
import type { RootSecrets } from "../../../shared/root-secret.ts";
import type { Query } from "../../../vendors/postgres/database.ts";
import { defineResource, derivedFrom, secret } from "../../runtime/schema.ts";

const claimTokensInputs = z.strictObject({
  controlPlane,
  organization: z.string().describe("The organization's id."),
  tokens: z
    .record(
      z.string(),
      z.strictObject({
        role: z.enum(["admin", "member"]).describe("What its holder becomes."),
        workspace: z.string().optional().describe("The id of the one workspace that it leads into."),
        email: z.string().optional().describe("Who alone may claim it, lower case; a verified address."),
        expires: z.string().describe("ISO date, the last day on which it can be claimed."),
      }),
    )
    .describe("By name. One that is taken out is void at once; who claimed it before stays."),
});

const claimTokensOutputs = z.object({
  values: z.record(z.string(), secret()).describe("The tokens that can still be claimed, by name."),
  claimed: z.record(z.string(), z.string()).describe("When the others were, by name, ISO 8601."),
  derivedFrom,
});

type Inputs = z.infer<typeof claimTokensInputs>;
type Outputs = z.infer<typeof claimTokensOutputs>;

export const claimTokens = defineResource({
  type: "directory:ClaimTokens",
  description:
    "An organization's claim tokens: each lets in whoever holds it, once, until it expires. A value is an HMAC of TENANTRY_ROOT_SECRET, so that no crash loses one; the control plane holds its SHA-256. Another root secret makes another value; the one before can be claimed while its root secret is given as a previous one. One that was claimed never changes again, and its name means it for good.",
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
      row.claimed === null
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
    const wanted = Object.entries(inputs.tokens).map(([name, { role, workspace, email, expires }]) => {
      const [own, ...earlier] = valuesOf(roots, inputs.organization, name).map(({ sha256 }) => sha256);
      const id = idOf(inputs.organization, name);
      return { id, name, sha256: own, earlier, role, workspace_id: workspace, email, expires };
    });
    const rows = await database.transaction(async (query) => {
      await dropOthers(query, inputs.organization, Object.keys(inputs.tokens));
      await keep(query, inputs.organization, JSON.stringify(wanted));
      // Nobody can tell the values of a lost root secret from foreign ones; the next change drops them.
      if (!roots.isLost(prior?.outputs.derivedFrom)) await dropForeign(query, JSON.stringify(wanted));
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

  async remove(context, { inputs }) {
    const database = await controlPlaneIfThere(context, inputs.controlPlane);
    await database?.transaction((query) => dropOthers(query, inputs.organization, []));
  },
});

/** One value of a token. */
interface Derived {
  readonly value: Secret;
  /** In hexadecimal. */
  readonly sha256: string;
}

interface Row {
  readonly name: string;
  readonly role: "admin" | "member";
  readonly workspace: string | null;
  readonly email: string | null;
  readonly expires: string;
  /** In hexadecimal: of the value that it has, and of those that it had under earlier root secrets. */
  readonly hashes: readonly string[];
  readonly claimed: string | null;
}

function idOf(organization: string, name: string): string {
  return stableId(`${organization}/claim-tokens/${name}`);
}

/** The value under each root secret, the current one's first. */
function valuesOf(roots: RootSecrets, organization: string, name: string): Derived[] {
  return roots.all.map(({ secret }) => {
    const text = `tnc_${derive(secret, "claim-token", idOf(organization, name), 1).reveal()}`;
    return { value: new Secret(text), sha256: createHash("sha256").update(text).digest("hex") };
  });
}

/** Whether it has a value, and no other one than those that the root secrets make. */
function isSound({ name, hashes }: Row, roots: RootSecrets, organization: string): boolean {
  const known = valuesOf(roots, organization, name).map(({ sha256 }) => sha256);
  return hashes.length > 0 && hashes.every((hash) => known.includes(hash));
}

function readTokens(query: Query, organization: string): Promise<readonly Row[]> {
  return query<Row>(
    `select name, role, workspace_id as workspace, email,
       (select coalesce(json_agg(encode(sha256, 'hex')), '[]') from private.claim_token_hashes
         where claim_token_id = id) as hashes,
       ((expires_at at time zone 'UTC')::date - 1)::text as expires, to_json(claimed_at) #>> '{}' as claimed
     from public.claim_tokens
     where organization_id = $1 and managed_by = 'manifest' order by name`,
    [organization],
  );
}

/** What was claimed stays, so that it is known who came in by which. */
async function dropOthers(query: Query, organization: string, names: readonly string[]): Promise<void> {
  await query(
    `delete from public.claim_tokens
     where organization_id = $1 and managed_by = 'manifest' and claimed_at is null and name <> all ($2)`,
    [organization, names],
  );
}

async function keep(query: Query, organization: string, wanted: string): Promise<void> {
  await query(
    `insert into public.claim_tokens as held
       (id, organization_id, workspace_id, name, role, email, expires_at, managed_by)
     select id, $1, workspace_id, name, role, email, (expires + 1)::timestamp at time zone 'UTC', 'manifest'
     from ${wantedIn("$2")}
     on conflict (id) do update set workspace_id = excluded.workspace_id, role = excluded.role,
       email = excluded.email, expires_at = excluded.expires_at
     where held.claimed_at is null and (held.workspace_id, held.role, held.email, held.expires_at)
       is distinct from (excluded.workspace_id, excluded.role, excluded.email, excluded.expires_at)`,
    [organization, wanted],
  );
  await query(
    `insert into private.claim_token_hashes (claim_token_id, sha256)
     select id, decode(sha256, 'hex') from ${wantedIn("$1")} where ${IS_OPEN}
     on conflict (sha256) do nothing`,
    [wanted],
  );
}

/** A value that no root secret makes lets nobody in. */
async function dropForeign(query: Query, wanted: string): Promise<void> {
  await query(
    `delete from private.claim_token_hashes as held using ${wantedIn("$1")}
     where held.claim_token_id = wanted.id and ${IS_OPEN} and encode(held.sha256, 'hex') <> wanted.sha256
       and not wanted.earlier ? encode(held.sha256, 'hex')`,
    [wanted],
  );
}

/** What was claimed never changes again. */
const IS_OPEN =
  "exists (select from public.claim_tokens where claim_tokens.id = wanted.id and claimed_at is null)";

function wantedIn(parameter: string): string {
  return `jsonb_to_recordset(${parameter}::jsonb)
    as wanted (id uuid, name text, sha256 text, earlier jsonb, workspace_id uuid, role text, email text, expires date)`;
}

/** What was claimed is past changing: it is as it was declared, whatever that was. */
function asFound({ tokens }: Inputs, row: Row): Inputs["tokens"][string] {
  const declared = ownProperty(tokens, row.name);
  if (row.claimed !== null && declared !== undefined) return declared;
  const { role, workspace, email, expires } = row;
  return { role, expires, ...present({ workspace: workspace ?? undefined, email: email ?? undefined }) };
}

function outputsOf(roots: RootSecrets, { organization, tokens }: Inputs, rows: readonly Row[]): Outputs {
  const declared = rows.filter(({ name }) => ownProperty(tokens, name) !== undefined);
  const open = declared.filter(({ claimed }) => claimed === null);
  return {
    values: Object.fromEntries(
      open.flatMap(({ name, hashes }) => {
        const held = valuesOf(roots, organization, name).find(({ sha256 }) => hashes.includes(sha256));
        return held === undefined ? [] : [[name, held.value]];
      }),
    ),
    claimed: Object.fromEntries(
      declared.flatMap(({ name, claimed }) => (claimed === null ? [] : [[name, claimed]])),
    ),
  };
}
