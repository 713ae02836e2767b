import * as z from "zod";
import { lifecycleState } from "../../../shared/lifecycle.ts";
import type { Context } from "../../../vendors/connections.ts";
import { isPaused, pause, resize, sizeOf } from "../../../vendors/supabase/lifecycle.ts";
import { findProject } from "../../../vendors/supabase/projects.ts";
import type { ProjectSummary } from "../../../vendors/supabase/types.ts";
import { defineResource } from "../../runtime/schema.ts";

const standbyInputs = z.strictObject({
  project: z.string().describe("The ref of the Supabase project."),
  organization: z.string().describe("The slug of the Supabase organization."),
  name: z.string().describe("The project's name."),
  state: lifecycleState
    .exclude(["active", "deleted"])
    .describe(
      "`suspended` pauses the project if Supabase allows it; `archived` also sets the smallest compute size.",
    ),
  awake: z
    .boolean()
    .optional()
    .describe("Set by a refresh only: the project was paused and is running again."),
});

const standbyOutputs = z.strictObject({
  paused: z
    .boolean()
    .describe("Whether the project is paused. Projects of paid organizations can't be paused."),
});

type Inputs = z.infer<typeof standbyInputs>;

const SMALLEST: readonly string[] = ["nano", "micro"];

/** @see https://supabase.com/docs/guides/platform/free-project-pausing */
export const standby = defineResource({
  type: "supabase:Standby",
  description:
    "The standby of a project whose workspace isn't active. The project is paused if Supabase allows it (in free organizations only), and an archived one gets the smallest compute size. It runs last: after access is closed and, for an archived workspace, after the archive is verified. Removing the resource changes nothing; `Project` restores a project that is active again.",
  inputs: standbyInputs,
  outputs: standbyOutputs,
  replaceOn: ["project"],
  stable: [],

  validate: ({ awake }) =>
    awake === undefined ? [] : [{ property: "awake", reason: "is set by a refresh and can't be declared" }],

  async observe(context, { inputs, outputs }) {
    const found = await find(context, inputs);
    if (found === undefined) return undefined;
    const { awake: _, ...declared } = inputs;
    const isAwake = outputs.paused && !isPaused(found.status);
    return { inputs: isAwake ? { ...declared, awake: true } : declared, outputs };
  },

  async ensure(context, inputs) {
    const found = await find(context, inputs);
    if (found !== undefined && inputs.state === "archived" && !isPaused(found.status))
      await shrink(context, inputs.organization, found);
    const paused =
      found !== undefined && (isPaused(found.status) || (await pauseIt(context, inputs.organization, found)));
    if (!paused) context.status("not paused: Supabase pauses only projects of free organizations");
    return { id: inputs.project, outputs: { paused } };
  },

  remove: async () => {},
});

async function find(context: Context, inputs: Inputs): Promise<ProjectSummary | undefined> {
  const found = await findProject(context.supabase, inputs.organization, inputs.name);
  return found?.ref === inputs.project ? found : undefined;
}

function pauseIt(context: Context, organization: string, { ref }: ProjectSummary): Promise<boolean> {
  return pause(context.supabase, { organization, ref }, context.signal);
}

async function shrink(context: Context, organization: string, found: ProjectSummary): Promise<void> {
  const size = sizeOf(found);
  if (size === undefined || SMALLEST.includes(size)) return;
  await resize(context.supabase, { organization, found, size: "micro" }, context.signal);
}
