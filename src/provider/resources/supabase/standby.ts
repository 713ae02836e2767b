import * as z from "zod";
import type { Context } from "../../../vendors/connections.ts";
import { isPaused, pause, setCompute, untilHealthy } from "../../../vendors/supabase/lifecycle.ts";
import { findProject } from "../../../vendors/supabase/projects.ts";
import type { ProjectSummary } from "../../../vendors/supabase/types.ts";
import { lifecycleState } from "../../project-scoped.ts";
import { defineResource } from "../../runtime/schema.ts";

const standbyInputs = z.strictObject({
  project: z.string().describe("The ref of the Supabase project."),
  organization: z.string().describe("The slug of the Supabase organization."),
  name: z.string().describe("The project's name."),
  state: lifecycleState
    .exclude(["active", "deleted"])
    .describe("`suspended` pauses where Supabase does; `archived` makes it the smallest too."),
  awake: z
    .boolean()
    .optional()
    .describe("Never declared: a refresh says so of a project that was paused and is no longer."),
});

const standbyOutputs = z.strictObject({
  paused: z.boolean().describe("Whether it is paused; projects of paid organizations run on."),
});

type Inputs = z.infer<typeof standbyInputs>;

const SMALLEST: readonly string[] = ["nano", "micro"];

/** @see https://supabase.com/docs/guides/platform/free-project-pausing */
export const standby = defineResource({
  type: "supabase:Standby",
  description:
    "What a project does while its workspace isn't active: it is paused where Supabase pauses projects, those of free organizations, and an archived one has the smallest compute. Comes last, when its doors are closed and, of an archived one, the dump is verified. Removing it changes nothing: `Project` restores what is active again.",
  inputs: standbyInputs,
  outputs: standbyOutputs,
  replaceOn: ["project"],
  stable: [],

  validate: ({ awake }) =>
    awake === undefined ? [] : [{ property: "awake", reason: "is found by a refresh, never declared" }],

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
      await shrink(context, found);
    const paused =
      found !== undefined && (isPaused(found.status) || (await pause(context.supabase, found.ref)));
    if (!paused) context.status("stays up: Supabase pauses projects of free organizations only");
    return { id: inputs.project, outputs: { paused } };
  },

  remove: async () => {},
});

async function find(context: Context, inputs: Inputs): Promise<ProjectSummary | undefined> {
  const found = await findProject(context.supabase, inputs.organization, inputs.name);
  return found?.ref === inputs.project ? found : undefined;
}

async function shrink(context: Context, { ref, databases }: ProjectSummary): Promise<void> {
  const size = databases.find(({ type }) => type === "PRIMARY")?.infra_compute_size;
  if (size === undefined || SMALLEST.includes(size)) return;
  await setCompute(context.supabase, ref, size, "micro");
  await untilHealthy(context.supabase, ref, context.signal);
}
