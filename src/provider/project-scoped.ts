import * as z from "zod";
import type { Context } from "../vendors/connections.ts";
import { isReachable } from "../vendors/supabase/projects.ts";
import type { Resource } from "./resource.ts";

/** Where in its life the workspace is that a project belongs to. */
export const lifecycleState = z.enum(["active", "suspended", "archived", "deleted"]);

type LifeState = z.infer<typeof lifecycleState>;

/** An input of everything that is inside a project. */
export const stateOfProject = lifecycleState
  .optional()
  .describe(
    "Where in its life the project is. Nothing in it is compared or changed while it isn't active, but for the step that leaves `active`; what was declared meanwhile is done when it is active again. Default `active`.",
  );

type Inside = z.ZodObject<{ project: z.ZodString; state: typeof stateOfProject }>;
type InsideInputs = z.infer<Inside>;

/** The id of what was declared inside a project that was deleted, or never made. */
const NEVER_MADE = "never-made";

/**
 * Gives a resource inside a project a rest while the project has one: a paused or deleted project answers with errors, and
 * what can't be looked at is not compared, never gone.
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
        context.status("not compared: the project is paused or restarts");
        return prior;
      }
    },

    async ensure(context: Context, inputs, prior) {
      if (!rests(stateOf(inputs), prior && stateOf(prior.inputs)))
        return resource.ensure(context, inputs, prior);
      // Nothing asks for the outputs of what was never made.
      return prior ?? { id: NEVER_MADE, outputs: {} as z.infer<O> };
    },

    async remove(context, prior) {
      if (stateOf(prior.inputs) !== "deleted") await resource.remove(context, prior);
    },
  };
}

function stateOf({ state = "active" }: InsideInputs): LifeState {
  return state;
}

function keep({ state }: InsideInputs): Partial<InsideInputs> {
  return state === undefined ? {} : { state };
}

/** The step out of `active` closes the doors, and is done; so is a first one, whatever the state, unless it is the end. */
function rests(now: LifeState, before: LifeState | undefined): boolean {
  return now === "deleted" || (now !== "active" && before !== undefined && before !== "active");
}
