import { createHash } from "node:crypto";
import { recordOf } from "@tenantry/core/is-record";
import { isUnknown } from "@tenantry/core/pulumi-value";
import { Secret } from "@tenantry/core/secret";
import * as z from "zod";
import type { Context } from "../../../vendors/connections.ts";
import { dataOf, dataOrGone } from "../../../vendors/supabase/client.ts";
import { defineProjectScoped, stateOfProject } from "../../project-scoped.ts";
import { secret } from "../../runtime/schema.ts";
import { keepUnmanaged, unmanagedOf } from "../../unmanaged.ts";

const secretName = z
  .string()
  .min(1)
  .max(256)
  .regex(/^(?!SUPABASE_)/, "names that begin with SUPABASE_ are reserved by Supabase");

const secretsInputs = z.strictObject({
  project: z.string().describe("The ref of the Supabase project."),
  state: stateOfProject,
  secrets: z
    .record(secretName, secret(z.string().max(24_576)))
    .describe("Secrets by name. Secrets that were never declared here are left alone."),
  unmanaged: unmanagedOf("connections"),
  sources: z
    .record(secretName, z.string().min(1))
    .optional()
    .describe(
      "For each entry of `secrets`, the name under which the manifest refers to its value. The name isn't secret; it distinguishes a changed reference from a changed value.",
    ),
});

/** Stands for the source of a value that was changed outside tenantry. No secret can have this name. */
const CHANGED_ELSEWHERE = "changed elsewhere";

const secretsOutputs = z.strictObject({});

type Inputs = z.infer<typeof secretsInputs>;
type Values = Readonly<Record<string, Secret>>;

/** @see https://supabase.com/docs/reference/api/v1-bulk-create-secrets */
export const secrets = defineProjectScoped({
  type: "supabase:Secrets",
  description:
    "The secrets of a project's edge functions, compared by their SHA-256, because the API never returns values. Secrets that are no longer declared are removed, except those of connections that the manifest leaves out; secrets that were never declared are left alone.",
  inputs: secretsInputs,
  outputs: secretsOutputs,
  replaceOn: ["project"],
  stable: [],

  keepUnmanaged: (before, after) =>
    keepUnmanaged(before, after, {
      connections: {
        count: ({ secrets }) => Object.keys(ofConnections(secrets)).length,
        keep: (recorded, declared) => withKept(recorded, declared),
      },
    }),

  /** A value that isn't known here is the recorded one, if it comes from the same source. */
  assumeRecorded(before, after) {
    const [recorded, declared] = [recordOf(before.secrets), recordOf(after.secrets)];
    const [sources, origins] = [recordOf(before.sources), recordOf(after.sources)];
    const known = Object.entries(declared).map(([name, value]) => {
      const isSame = Object.hasOwn(recorded, name) && origins[name] === sources[name];
      return [name, isUnknown(value) && isSame ? recorded[name] : value] as const;
    });
    return { ...after, secrets: Object.fromEntries(known) };
  },

  async observe(context, prior) {
    const digests = await observeDigests(context, prior.inputs.project);
    if (digests === undefined) return undefined;
    return { inputs: { ...prior.inputs, ...asFound(prior.inputs, digests) }, outputs: {} };
  },

  async ensure(context, inputs, prior) {
    // The first run doesn't need to read: there is nothing to remove, and writing a value twice is harmless.
    const digests = prior === undefined ? new Map() : await observeDigests(context, inputs.project);
    await write(context, inputs.project, differing(managed(inputs), digests ?? new Map()));
    const dropped = Object.keys(prior?.inputs.secrets ?? {}).filter((name) => !(name in inputs.secrets));
    await drop(
      context,
      inputs.project,
      dropped.filter((name) => digests?.has(name)),
    );
    return { id: inputs.project, outputs: {} };
  },

  async remove(context, prior) {
    const digests = await observeDigests(context, prior.inputs.project);
    await drop(
      context,
      prior.inputs.project,
      Object.keys(prior.inputs.secrets).filter((name) => digests?.has(name)),
    );
  },
});

/** The secrets of connections, by their names in the project. */
function ofConnections(secrets: unknown): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(recordOf(secrets)).filter(([name]) => isOfConnection(name)));
}

function isOfConnection(name: string): boolean {
  return name.startsWith("CONNECTION_");
}

/** With the recorded secrets of connections, which the manifest leaves out. */
function withKept(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const sources = { ...ofConnections(before.sources), ...recordOf(after.sources) };
  return {
    ...after,
    secrets: { ...ofConnections(before.secrets), ...recordOf(after.secrets) },
    ...(Object.keys(sources).length === 0 ? {} : { sources }),
  };
}

/** The secrets that a run writes. */
function managed({ secrets, unmanaged }: Inputs): Values {
  if (unmanaged?.connections === undefined) return secrets;
  return Object.fromEntries(Object.entries(secrets).filter(([name]) => !isOfConnection(name)));
}

/** The digests by name, or undefined if the project is gone. */
async function observeDigests(
  context: Context,
  ref: string,
): Promise<ReadonlyMap<string, string> | undefined> {
  const found = await dataOrGone(
    context.supabase.api.GET("/v1/projects/{ref}/secrets", { params: { path: { ref } } }),
  );
  return found && new Map(found.map(({ name, value }) => [name, value]));
}

/** The declared secrets that exist. A value that was changed outside tenantry differs, and so does its source. */
function asFound(inputs: Inputs, digests: ReadonlyMap<string, string>): Partial<Inputs> {
  const { secrets, sources } = inputs;
  const found: Record<string, Secret> = {};
  const foundSources: Record<string, string> = {};
  const compared = managed(inputs);
  for (const [name, value] of Object.entries(secrets)) {
    const digest = Object.hasOwn(compared, name) ? digests.get(name) : digestOf(value);
    if (digest === undefined) continue;
    const isDeclared = digest === digestOf(value);
    found[name] = isDeclared ? value : new Secret(`${CHANGED_ELSEWHERE}, SHA-256 ${digest}`);
    const source = sources?.[name];
    if (source !== undefined) foundSources[name] = isDeclared ? source : CHANGED_ELSEWHERE;
  }
  return { secrets: found, ...(sources === undefined ? {} : { sources: foundSources }) };
}

function differing(declared: Values, digests: ReadonlyMap<string, string>): Values {
  return Object.fromEntries(
    Object.entries(declared).filter(([name, value]) => digests.get(name) !== digestOf(value)),
  );
}

function digestOf(value: Secret): string {
  return createHash("sha256").update(value.reveal()).digest("hex");
}

async function write(context: Context, ref: string, values: Values): Promise<void> {
  const body = Object.entries(values).map(([name, value]) => ({ name, value: value.reveal() }));
  if (body.length === 0) return;
  await dataOf(context.supabase.api.POST("/v1/projects/{ref}/secrets", { params: { path: { ref } }, body }));
}

async function drop(context: Context, ref: string, names: string[]): Promise<void> {
  if (names.length === 0) return;
  await dataOrGone(
    context.supabase.api.DELETE("/v1/projects/{ref}/secrets", { params: { path: { ref } }, body: names }),
  );
}
