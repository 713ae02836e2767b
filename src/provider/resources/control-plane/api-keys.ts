import { createHash } from "node:crypto";
import { UserError } from "@tenantry/core/errors";
import { ownProperty } from "@tenantry/core/own-property";
import { Secret } from "@tenantry/core/secret";
import * as z from "zod";
import { controlPlane, controlPlaneIfThere } from "../../../control-plane/control-plane.ts";
import { apiKeys as apiKeyTable } from "../../../control-plane/tables/workspace.ts";
import { derive } from "../../../shared/derive.ts";
import { stableId } from "../../../shared/ids.ts";
import type { RootSecret, RootSecrets } from "../../../shared/root-secret.ts";
import type { Query } from "../../../vendors/postgres/database.ts";
import { defineResource, derivedFrom, secret } from "../../runtime/schema.ts";
import { keepUnmanaged, keptMap, unmanagedOf } from "../../unmanaged.ts";

const apiKeysInputs = z.strictObject({
  controlPlane,
  workspace: z.string().describe("The workspace's id. A key never moves to another workspace."),
  keys: z
    .record(
      z.string(),
      z.strictObject({
        rotate: z
          .string()
          .optional()
          .describe(
            "A label of the value, such as `2026-11`. A new label makes a new value. Each label can be used once.",
          ),
        graceSeconds: z
          .int()
          .min(0)
          .default(604_800)
          .describe("How long the previous value stays valid after a rotation. Default: seven days."),
      }),
    )
    .describe("By name. A key that is removed is revoked immediately, with its previous values."),
  unmanaged: unmanagedOf("apiKeys"),
});

const apiKeysOutputs = z.object({
  values: z
    .record(z.string(), secret())
    .describe(
      "The keys by name. A key that was created in the product is absent: only its creator knows it.",
    ),
  prefixes: z.record(z.string(), z.string()).describe("The part of each key that may be shown, by name."),
  derivedFrom,
});

type Inputs = z.infer<typeof apiKeysInputs>;
type Outputs = z.infer<typeof apiKeysOutputs>;

export const apiKeys = defineResource({
  type: "control-plane:ApiKeys",
  description:
    "A workspace's keys to the product's API. A value is an HMAC of TENANTRY_ROOT_SECRET, so a crash can't lose one. The control plane stores its SHA-256 and its first characters. A rotation, or a new root secret, adds a new value and lets the previous one expire. Revoked and expired values never become valid again. Keys that the app manages are left unchanged. A key of the app that is declared becomes the manifest's and keeps its value. Keys that the manifest leaves out are left unchanged.",
  inputs: apiKeysInputs,
  outputs: apiKeysOutputs,
  replaceOn: ["controlPlane", "workspace"],
  stable: [],

  keepUnmanaged: (before, after) => keepUnmanaged(before, after, { apiKeys: keptMap("keys") }),

  derives: (inputs) => isManaged(inputs) && Object.keys(inputs.keys).length > 0,

  async observe(context, prior) {
    const { inputs } = prior;
    if (!isManaged(inputs)) return prior;
    const { derivedFrom } = prior.outputs;
    const { roots } = context;
    const database = await context.controlPlane(inputs.controlPlane);
    const rows = await database.read((query) => openRows(query, inputs.workspace));
    const isKept = (row: Row) => isSound(row, roots, inputs.workspace) || roots.isLost(derivedFrom);
    const sound = rows.filter(isKept);
    return {
      inputs: asFound(inputs, sound),
      outputs: { ...outputsOf(roots, inputs, sound), ...(derivedFrom === undefined ? {} : { derivedFrom }) },
    };
  },

  async ensure(context, inputs, prior) {
    const { roots } = context;
    const id = `${inputs.workspace}/api-keys`;
    if (!isManaged(inputs)) return { id, outputs: prior?.outputs ?? { values: {}, prefixes: {} } };
    const database = await context.controlPlane(inputs.controlPlane);
    const wanted = Object.entries(inputs.keys).map(([name, { rotate, graceSeconds }]) => ({
      ...derived(roots.current.secret, inputs.workspace, { name, rotation: rotate ?? "" }),
      graceSeconds,
    }));
    const lost = roots.isLost(prior?.outputs.derivedFrom) ? prior?.outputs.derivedFrom : undefined;
    const rows = await database.transaction(async (query) => {
      await refuseEnded(query, inputs.workspace, wanted);
      const held = await openRows(query, inputs.workspace);
      await endEarlier(
        query,
        inputs.workspace,
        wanted,
        earlierOf(roots, inputs.workspace, wanted, held, lost),
      );
      await keep(query, inputs.workspace, wanted);
      await endRotated(query, inputs.workspace, wanted);
      await revokeOthers(query, inputs.workspace, Object.keys(inputs.keys));
      return openRows(query, inputs.workspace);
    });
    const { fingerprint } = roots.current;
    return {
      id,
      outputs: {
        ...outputsOf(roots, inputs, rows),
        ...(wanted.length === 0 ? {} : { derivedFrom: fingerprint }),
      },
    };
  },

  async remove(context, { inputs }) {
    // Removed with its workspace, which closes too, so the keys that the manifest leaves out are revoked as well.
    const database = await controlPlaneIfThere(context, inputs.controlPlane);
    await database?.transaction((query) => revokeOthers(query, inputs.workspace, []));
  },
});

/** Keys that the manifest leaves out keep their values, under an earlier root secret too. */
function isManaged({ unmanaged }: Pick<Inputs, "unmanaged">): boolean {
  return unmanaged?.apiKeys === undefined;
}

/** One value of a key, derived from the id of its row. */
interface Derived {
  readonly id: string;
  readonly name: string;
  readonly rotation: string;
  readonly value: Secret;
  /** The part that may be shown. */
  readonly prefix: string;
  /** In hexadecimal. */
  readonly sha256: string;
}

interface Wanted extends Derived {
  readonly graceSeconds: number;
}

interface Row extends z.infer<typeof apiKeyTable.row> {
  readonly sha256: string | null;
}

/** The prefix of keys, and how many characters may be shown. The control plane uses the same for keys of the app. */
const BEGINNING = "tnt_";
const SHOWN = 12;

function idOf(
  workspace: string,
  { name, rotation }: { readonly name: string; readonly rotation: string },
): string {
  return stableId(`${workspace}/api-keys/${name}/${rotation}`);
}

function derived(
  root: Secret,
  workspace: string,
  { name, rotation }: { readonly name: string; readonly rotation: string },
): Derived {
  const id = idOf(workspace, { name, rotation });
  const text = `${BEGINNING}${derive(root, "api-key", id, 1).reveal()}`;
  const sha256 = createHash("sha256").update(text).digest("hex");
  return { id, name, rotation, value: new Secret(text), prefix: text.slice(0, SHOWN), sha256 };
}

/** The root secret that a row of the manifest is derived from. Undefined for a row of the app, or one that was changed. */
function originOf(
  row: Row,
  roots: RootSecrets,
  workspace: string,
): { root: RootSecret; own: Derived } | undefined {
  for (const root of roots.all) {
    const own = derived(root.secret, workspace, row);
    if (row.id === own.id && row.sha256 === own.sha256 && row.prefix === own.prefix) return { root, own };
  }
  return undefined;
}

/** Whether a row is unchanged: a row of the manifest holds a derived value. A row of the app may hold any. */
function isSound(row: Row, roots: RootSecrets, workspace: string): boolean {
  return row.id !== idOf(workspace, row) || originOf(row, roots, workspace) !== undefined;
}

/** The values that neither expire nor were revoked. */
function openRows(query: Query, workspace: string): Promise<readonly Row[]> {
  return query<Row>(
    `select ${apiKeyTable.columns.join(", ")}, encode(sha256, 'hex') as sha256
     from public.api_keys left join private.api_key_hashes on api_key_id = id
     where workspace_id = $1 and managed_by = 'manifest' and revoked_at is null and expires_at is null
     order by name, created_at, id`,
    [workspace],
  );
}

async function refuseEnded(query: Query, workspace: string, wanted: readonly Wanted[]): Promise<void> {
  const [ended] = await query<{ name: string; rotation: string; revoked: boolean }>(
    `select name, rotation, revoked_at is not null as revoked
     from public.api_keys join ${WANTED} using (name, rotation)
     where workspace_id = $1 and (revoked_at is not null or expires_at is not null) order by name limit 1`,
    [workspace, asJson(wanted)],
  );
  if (ended === undefined) return;
  const label = ended.rotation === "" ? "its first value" : `its value \`${ended.rotation}\``;
  throw new UserError(
    `The API key \`${ended.name}\` can't go back to ${label}: that ${ended.revoked ? "was revoked" : "has been given an end"}.`,
    { remedy: `Give it a label that it never had, as \`${ended.name}: { rotate: … }\`.` },
  );
}

async function keep(query: Query, workspace: string, wanted: readonly Wanted[]): Promise<void> {
  await apiKeyTable.insert(
    query,
    { workspace_id: workspace },
    wanted.map((key) => apiKeyTable.rowFrom(key)),
    `on conflict (workspace_id, name, rotation) do update set managed_by = 'manifest',
       prefix = case held.id when excluded.id then excluded.prefix else held.prefix end
     where held.managed_by <> 'manifest' or held.id = excluded.id and held.prefix <> excluded.prefix`,
  );
  await query(
    `insert into private.api_key_hashes as held (api_key_id, sha256)
     select id, decode(wanted.sha256, 'hex') from ${WANTED}
     where $1 = (select workspace_id from public.api_keys where api_keys.id = wanted.id)
     on conflict (api_key_id) do update set sha256 = excluded.sha256 where held.sha256 <> excluded.sha256`,
    [workspace, asJson(wanted)],
  );
}

/** The value of a key under an earlier root secret. It gets its own row until it expires. */
interface Earlier extends z.infer<typeof apiKeyTable.row> {
  readonly sha256: string;
  readonly graceSeconds: number;
}

/** @param lost the fingerprint of the root secret that the values were derived from, if it is lost */
function earlierOf(
  roots: RootSecrets,
  workspace: string,
  wanted: readonly Wanted[],
  rows: readonly Row[],
  lost: string | undefined,
): Earlier[] {
  return wanted.flatMap(({ id, name, rotation, sha256, graceSeconds }) => {
    const row = rows.find((each) => each.id === id);
    if (row === undefined || row.sha256 === null || row.sha256 === sha256) return [];
    const fingerprint = originOf(row, roots, workspace)?.root.fingerprint ?? lost;
    if (fingerprint === undefined) return [];
    const label = `${rotation}@${fingerprint}`;
    const { prefix } = row;
    return [
      {
        id: idOf(workspace, { name, rotation: label }),
        name,
        rotation: label,
        prefix,
        sha256: row.sha256,
        graceSeconds,
      },
    ];
  });
}

/** Lets earlier values expire, and restores a value whose root secret is the current one again. */
async function endEarlier(
  query: Query,
  workspace: string,
  wanted: readonly Wanted[],
  earlier: readonly Earlier[],
): Promise<void> {
  await query(
    `delete from private.api_key_hashes using public.api_keys, ${WANTED}
     where api_keys.id = api_key_id and workspace_id = $1 and api_keys.name = wanted.name
       and api_key_hashes.sha256 = decode(wanted.sha256, 'hex') and api_keys.id <> wanted.id`,
    [workspace, asJson(wanted)],
  );
  if (earlier.length === 0) return;
  await apiKeyTable.insert(
    query,
    { workspace_id: workspace },
    earlier.map((key) => apiKeyTable.rowFrom(key)),
    "on conflict (id) do nothing",
  );
  const values = [workspace, JSON.stringify(earlier)];
  await query(
    `update public.api_keys set expires_at = now() + make_interval(secs => "graceSeconds") from ${WANTED}
     where workspace_id = $1 and api_keys.id = wanted.id`,
    values,
  );
  await query(
    `update private.api_key_hashes set api_key_id = wanted.id from ${WANTED}
     where api_key_hashes.sha256 = decode(wanted.sha256, 'hex')
       and exists (select from public.api_keys where api_keys.id = wanted.id and workspace_id = $1)`,
    values,
  );
}

/** Lets previous values expire after a rotation. The expiry is set once. */
async function endRotated(query: Query, workspace: string, wanted: readonly Wanted[]): Promise<void> {
  await query(
    `update public.api_keys as held set expires_at = now() + make_interval(secs => wanted."graceSeconds")
     from ${WANTED}
     where held.workspace_id = $1 and held.managed_by = 'manifest' and held.name = wanted.name
       and held.rotation <> wanted.rotation and held.revoked_at is null and held.expires_at is null`,
    [workspace, asJson(wanted)],
  );
}

async function revokeOthers(query: Query, workspace: string, names: readonly string[]): Promise<void> {
  await query(
    `update public.api_keys set revoked_at = now()
     where workspace_id = $1 and managed_by = 'manifest' and revoked_at is null
       and (expires_at is null or expires_at > now()) and name <> all ($2)`,
    [workspace, names],
  );
}

const WANTED = `jsonb_to_recordset($2::jsonb)
  as wanted (id uuid, name text, rotation text, sha256 text, "graceSeconds" integer)`;

/** Without the values: only digests leave this process. */
function asJson(wanted: readonly Wanted[]): string {
  return JSON.stringify(wanted.map(({ value: _, ...rest }) => rest));
}

/** An old value that still has no expiry replaces the declared one, so that a run sets its expiry. */
function asFound(inputs: Inputs, rows: readonly Row[]): Inputs {
  const keys: Inputs["keys"] = {};
  for (const { name, rotation } of rows) {
    const declared = ownProperty(inputs.keys, name);
    const isDeclared = (declared?.rotate ?? "") === rotation;
    if (ownProperty(keys, name) !== undefined && isDeclared) continue;
    const { graceSeconds } = declared ?? { graceSeconds: 0 };
    keys[name] = rotation === "" ? { graceSeconds } : { rotate: rotation, graceSeconds };
  }
  return { ...inputs, keys };
}

function outputsOf(roots: RootSecrets, inputs: Inputs, rows: readonly Row[]): Outputs {
  const values: Outputs["values"] = {};
  const prefixes: Outputs["prefixes"] = {};
  for (const row of rows) {
    if (row.rotation !== (ownProperty(inputs.keys, row.name)?.rotate ?? "")) continue;
    const origin = originOf(row, roots, inputs.workspace);
    if (origin !== undefined) values[row.name] = origin.own.value;
    prefixes[row.name] = row.prefix;
  }
  return { values, prefixes };
}
