import { UserError, VendorError } from "@tenantry/core/errors";
import * as z from "zod";
import { deriveDatabasePassword } from "../../../shared/derive.ts";
import { lifecycleState } from "../../../shared/lifecycle.ts";
import type { Context } from "../../../vendors/connections.ts";
import { dataOf, dataOrGone, isGone } from "../../../vendors/supabase/client.ts";
import { isPaused, resize, restore, sizeOf } from "../../../vendors/supabase/lifecycle.ts";
import { poll } from "../../../vendors/supabase/poll.ts";
import { findProject, isBeingRemoved } from "../../../vendors/supabase/projects.ts";
import type { ComputeSize, ProjectSummary, Region } from "../../../vendors/supabase/types.ts";
import { createOnce } from "../../create-once.ts";
import { databasePassword, defineResource, derivedFrom } from "../../runtime/schema.ts";

const projectInputs = z.strictObject({
  name: z
    .string()
    .min(1)
    .max(256)
    .describe("The project's name, unique in the organization. A change renames the project."),
  organization: z
    .string()
    .regex(/^[\w-]+$/)
    .describe("The slug of the Supabase organization."),
  region: z.string().min(1).describe("The region: `eu-central-1`. A change forces a replacement."),
  compute: z.string().min(1).describe("The compute size of its database: `micro`."),
  databasePassword,
  state: lifecycleState
    .default("active")
    .describe(
      "The lifecycle state. `active` restores a paused project and sets its compute size; `deleted` deletes the project and keeps this record. `Standby` implements the other states. Default `active`.",
    ),
  consent: z
    .strictObject({
      approvedBy: z.string().describe("Who approved it."),
      reason: z.string().describe("Why."),
      expires: z.string().describe("The last day on which it is valid, as an ISO date."),
    })
    .optional()
    .describe("The consent to its deletion. An existing project is deleted only with a valid consent."),
});

const projectOutputs = z.strictObject({
  ref: z.string().describe("The project's reference: 20 letters that never change."),
  derivedFrom,
  createdAt: z.string().describe("The time of its creation, ISO 8601."),
});

type Inputs = z.infer<typeof projectInputs>;
type Outputs = z.infer<typeof projectOutputs>;

/** The recorded id of a project that was declared `deleted` before it was ever created. */
const NEVER_MADE = "never-made";

/** @see https://supabase.com/docs/reference/api/v1-create-a-project */
export const project = defineResource({
  type: "supabase:Project",
  description:
    "A Supabase project. Creation doesn't wait until the project is healthy: see `Ready`. The name identifies the owner, so a project that an earlier run created is adopted if organization and region match. A change of the region forces a replacement.",
  inputs: projectInputs,
  outputs: projectOutputs,
  replaceOn: ["organization", "region"],
  stable: ["ref", "createdAt"],

  /** A paused project can't change its password. It gets the new one when it is active again. */
  derives: (inputs) => inputs.state === "active",

  async observe(context, prior) {
    const found = await findByRef(context, prior.inputs, prior.id);
    if (found === undefined) return prior.inputs.state === "deleted" ? prior : undefined;
    return { inputs: asFound(prior.inputs, found), outputs: prior.outputs };
  },

  async ensure(context, inputs, prior) {
    if (inputs.state === "deleted") return ensureDeleted(context, inputs, prior);
    const { found, made } =
      prior === undefined
        ? await adoptOrCreate(context, inputs)
        : { found: await recorded(context, prior.inputs, prior.id), made: false };
    const { ref } = found;
    if (found.name !== inputs.name) await rename(context, ref, inputs.name);
    if (inputs.state === "active") {
      if (isPaused(found.status)) await restore(context.supabase, ref, context.signal);
      const { organization, name, compute: size } = inputs;
      await resize(context.supabase, { organization, found: { ...found, name }, size }, context.signal);
    }
    const derivedFrom = made
      ? context.roots.current.fingerprint
      : await keepPassword(context, ref, inputs, prior);
    const createdAt = prior?.outputs.createdAt ?? found.inserted_at;
    return { id: ref, outputs: { ref, createdAt, ...(derivedFrom === undefined ? {} : { derivedFrom }) } };
  },

  remove: (context, prior) => deleteProject(context, prior.id),
});

/** Finds a project by its recorded name, in one call that also returns its size; if it was renamed, by its ref. */
async function findByRef(context: Context, inputs: Inputs, ref: string): Promise<ProjectSummary | undefined> {
  if (ref === NEVER_MADE) return undefined;
  const named = await findProject(context.supabase, inputs.organization, inputs.name);
  if (named?.ref === ref) return named;
  const found = await dataOrGone(
    context.supabase.api.GET("/v1/projects/{ref}", { params: { path: { ref } } }),
  );
  if (found === undefined || isBeingRemoved(found.status)) return undefined;
  // Only the list contains a project's size.
  const listed = await findProject(context.supabase, inputs.organization, found.name);
  return listed?.ref === ref ? listed : { ...found, inserted_at: found.created_at, databases: [] };
}

/** An update never creates a recorded project again: the loss of its data would go unnoticed. */
async function recorded(context: Context, inputs: Inputs, ref: string): Promise<ProjectSummary> {
  const found = await findByRef(context, inputs, ref);
  if (found !== undefined) return found;
  throw new UserError(`The Supabase project ${inputs.name} (${ref}) was deleted outside tenantry.`, {
    remedy:
      "To create a new, empty project in its place, refresh the stack (pulumi refresh), then run again.",
  });
}

function asFound(inputs: Inputs, found: ProjectSummary): Inputs {
  const isAwake = inputs.state === "active";
  return {
    ...inputs,
    name: found.name,
    region: found.region,
    compute: (isAwake && sizeOf(found)) || inputs.compute,
    state: isAwake && isPaused(found.status) ? "suspended" : inputs.state,
  };
}

/** `made` tells whether this run created it. An adopted project may have a password of an earlier root secret. */
async function adoptOrCreate(
  context: Context,
  inputs: Inputs,
): Promise<{ found: ProjectSummary; made: boolean }> {
  const { name, organization } = inputs;
  let made = false;
  const found = await createOnce({
    look: () => findProject(context.supabase, organization, name),
    create: async () => {
      const project = await create(context, inputs);
      made = true;
      return project;
    },
    signal: context.signal,
  });
  if (found.region !== inputs.region)
    throw new UserError(
      `The Supabase project ${name} is in region ${found.region}, but ${inputs.region} is declared. A project can't be moved.`,
      { remedy: `Declare region ${found.region}, or raise the workspace's generation for a new project.` },
    );
  return { found, made };
}

async function create(context: Context, inputs: Inputs): Promise<ProjectSummary> {
  context.status(`creating ${inputs.name}`);
  const made = await dataOf(
    context.supabase.api.POST("/v1/projects", {
      body: {
        name: inputs.name,
        organization_slug: inputs.organization,
        db_pass: deriveDatabasePassword(context.roots.current.secret, inputs.databasePassword).reveal(),
        region_selection: { type: "specific", code: inputs.region as Region },
        desired_instance_size: inputs.compute as Exclude<ComputeSize, "pico">,
      },
    }),
  );
  return { ...made, inserted_at: made.created_at, databases: [] };
}

async function rename(context: Context, ref: string, name: string): Promise<void> {
  await dataOf(
    context.supabase.api.PATCH("/v1/projects/{ref}", { params: { path: { ref } }, body: { name } }),
  );
}

function sameGeneration(before: Inputs, now: Inputs): boolean {
  const [old, current] = [before.databasePassword, now.databasePassword];
  return old.id === current.id && old.generation === current.generation;
}

/**
 * Changes an active project's password if it may not be derived from the current root secret.
 *
 * @returns the fingerprint of the root secret that its password is derived from, if known
 */
async function keepPassword(
  context: Context,
  ref: string,
  inputs: Inputs,
  prior: { readonly inputs: Inputs; readonly outputs: Partial<Outputs> } | undefined,
): Promise<string | undefined> {
  const { roots } = context;
  const before = prior?.outputs.derivedFrom;
  const isOther = prior !== undefined && !sameGeneration(prior.inputs, inputs);
  if (!isOther && (inputs.state !== "active" || !roots.isOutdated(before)))
    return inputs.state === "active" ? roots.current.fingerprint : before;
  await changePassword(context, ref, inputs);
  return roots.current.fingerprint;
}

/** Waits until the pooler accepts the new password, because later resources sign in with it. */
async function changePassword(context: Context, ref: string, inputs: Inputs): Promise<void> {
  const { databasePassword } = inputs;
  const password = deriveDatabasePassword(context.roots.current.secret, databasePassword).reveal();
  context.status("changing the database password");
  await dataOf(
    context.supabase.api.PATCH("/v1/projects/{ref}/database/password", {
      params: { path: { ref } },
      body: { password },
    }),
  );
  if (inputs.state === "active")
    await poll(`the new database password of ${ref}`, context.signal, () =>
      context.acceptsPassword(ref, databasePassword),
    );
}

async function ensureDeleted(
  context: Context,
  inputs: Inputs,
  prior: { readonly id: string; readonly inputs: Inputs; readonly outputs: Outputs } | undefined,
): Promise<{ id: string; outputs: Outputs }> {
  const found =
    prior === undefined
      ? await findProject(context.supabase, inputs.organization, inputs.name)
      : await findByRef(context, prior.inputs, prior.id);
  if (found !== undefined) {
    requireConsent(inputs, context.today);
    await deleteProject(context, found.ref);
  }
  if (prior !== undefined) return { id: prior.id, outputs: prior.outputs };
  const ref = found?.ref ?? NEVER_MADE;
  return { id: ref, outputs: { ref, createdAt: found?.inserted_at ?? "" } };
}

function requireConsent({ name, consent }: Inputs, today: string): void {
  if (consent !== undefined && consent.expires >= today) return;
  const reason =
    consent === undefined
      ? "there is no consent to its deletion"
      : `the consent expired on ${consent.expires}`;
  throw new UserError(`The Supabase project ${name} was not deleted: ${reason}.`, {
    remedy: "Add a consent to the deletion under `consents`, with an expiry date in the future.",
  });
}

/** Waits for a project that is still being created, which can't be deleted yet. Other refusals are for the user. */
async function deleteProject(context: Context, ref: string): Promise<void> {
  if (ref === NEVER_MADE) return;
  await poll(`the deletion of ${ref}`, context.signal, async () => {
    try {
      await dataOf(context.supabase.api.DELETE("/v1/projects/{ref}", { params: { path: { ref } } }));
      return true;
    } catch (error) {
      if (isGone(error)) return true;
      if (isNotReady(error)) return false;
      throw error;
    }
  });
}

/** The API has no code for it; the text is from recorded traffic of Supabase's command line. */
function isNotReady(error: unknown): boolean {
  return (
    error instanceof VendorError &&
    error.status === 400 &&
    error.message.includes("Project not ready for deletion")
  );
}
