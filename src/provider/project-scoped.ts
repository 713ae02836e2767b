import type * as z from "zod";
import { type LifecycleState, lifecycleState } from "../shared/lifecycle.ts";
import type { Context } from "../vendors/connections.ts";
import { isReachable } from "../vendors/supabase/projects.ts";
import type { Resource } from "./resource.ts";

/** The `state` input of every resource inside a project. */
export const stateOfProject = lifecycleState
  .optional()
  .describe(
    "The project's lifecycle state. Resources inside it are compared and changed only while it is `active`, and once when it leaves `active`. Changes declared in the meantime are applied when it is `active` again. Default `active`.",
  );

type Inside = z.ZodObject<{ project: z.ZodString; state: typeof stateOfProject }>;
type InsideInputs = z.infer<Inside>;

/** The recorded id of a resource that was never created, because its project was already deleted. */
const NEVER_MADE = "never-made";

/**
 * Skips a project-scoped resource while its project is inactive. A paused or deleted project answers with errors; a resource
 * that can't be read is treated as unchanged, not as gone.
 */
export function defineProjectScoped<const I extends Inside, const O extends z.ZodObject>(
  resource: Resource<I, O>,
): Resource<I, O> {
  return {
    ...resource,

    async observe(context, prior) {
      const { project, state = "active" }: InsideInputs = prior.inputs;
      if (state !== "active") return prior;
      try {
        const found = await resource.observe(context, prior);
        return found && { ...found, inputs: { ...found.inputs, ...keep(prior.inputs) } };
      } catch (error) {
        if (await isReachable(context.supabase, project)) throw error;
        context.status("not compared: the project is paused or restarting");
        return prior;
      }
    },

    async ensure(context: Context, inputs, prior) {
      if (!isSkipped(stateOf(inputs), prior && stateOf(prior.inputs)))
        return resource.ensure(context, inputs, prior);
      // Nothing reads the outputs of a resource that was never created.
      return prior ?? { id: NEVER_MADE, outputs: {} as z.infer<O> };
    },

    async remove(context, prior) {
      if (stateOf(prior.inputs) !== "deleted") await resource.remove(context, prior);
    },
  };
}

function stateOf({ state = "active" }: InsideInputs): LifecycleState {
  return state;
}

function keep({ state }: InsideInputs): Partial<InsideInputs> {
  return state === undefined ? {} : { state };
}

/** The run that leaves `active` isn't skipped, because it closes access. Neither is the first run, unless `deleted`. */
function isSkipped(now: LifecycleState, before: LifecycleState | undefined): boolean {
  return now === "deleted" || (now !== "active" && before !== undefined && before !== "active");
}
