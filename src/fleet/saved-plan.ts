import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { UserError } from "@tenantry/core/errors";
import { z } from "zod";
import { changingSteps } from "../changes/stack.ts";
import { modelDigest } from "../model/digest.ts";
import type { PlatformModel } from "../model/model.ts";
import { changePlan } from "../plan/build.ts";
import { resourceText, sentencesByUrn } from "../plan/operations.ts";
import type { FleetStack } from "./fleet.ts";
import type { StackResult } from "./run.ts";
import type { Sources } from "./sources.ts";

/** The version of the file's format. A plan of another version is refused. */
const VERSION = 1;

const stackSchema = z.strictObject({
  stack: z.string(),
  /** Of the manifests, resolved; null for an organization without a manifest. */
  model: z.string().nullable(),
  outcome: z.enum(["unchanged", "changes"]),
  /** By resource, a digest of what happens to it. */
  steps: z.record(z.string(), z.string()),
  outputs: z.string(),
});

const planSchema = z.strictObject({
  kind: z.literal("tenantry-plan"),
  version: z.literal(VERSION),
  created: z.iso.datetime(),
  /** Whether state was refreshed first. */
  refresh: z.boolean(),
  /** A digest of the project's code and of the policy packs. */
  sources: z.string(),
  stacks: z.array(stackSchema),
});

/** A preview as a file: what a reviewer approved, so that a later `up` can apply exactly that. It contains no value of a manifest. */
export type SavedPlan = z.infer<typeof planSchema>;

type PlannedStack = SavedPlan["stacks"][number];

/** What a plan is made from, beside the previews. */
export interface PlanInput {
  readonly fleet: readonly FleetStack[];
  readonly platforms: ReadonlyMap<string, PlatformModel>;
  readonly sources: Sources;
  readonly refresh: boolean;
}

/** @throws UserError when a stack failed or was refused: there is nothing to approve then */
export function makePlan(previews: readonly StackResult[], input: PlanInput, now: Date): SavedPlan {
  const { fleet, refresh, sources } = input;
  const failed = previews.filter(({ outcome }) => outcome !== "changes" && outcome !== "unchanged");
  if (failed.length > 0)
    throw new UserError(
      `The plan wasn't saved, because ${failed.map(({ stack }) => stack).join(", ")} failed or was refused`,
      {
        remedy: "Follow what is said above, then run the preview again.",
      },
    );
  const resultOf = new Map(previews.map((preview) => [preview.stack, preview]));
  return {
    kind: "tenantry-plan",
    version: VERSION,
    created: now.toISOString(),
    refresh,
    sources: digest([...sources]),
    stacks: fleet.flatMap((stack) => {
      const result = resultOf.get(stack.spec.stack);
      return result === undefined ? [] : [plannedStack(stack, result, input)];
    }),
  };
}

/**
 * Parses a plan's file.
 *
 * @param name of the file, for messages
 * @throws UserError for a file that isn't a plan of this version
 */
export function parsePlan(text: string, name: string): SavedPlan {
  const parsed = planSchema.safeParse(jsonOf(text));
  if (parsed.success) return parsed.data;
  throw new UserError(`${name} isn't a plan that this version of tenantry can apply`, {
    remedy: "Save a new one: tenantry preview --save <file>.",
  });
}

/**
 * Compares what was approved with what an `up` would do now.
 *
 * @returns one line for each difference; empty if the changes are the same
 */
export function differencesFromPlan(
  plan: SavedPlan,
  previews: readonly StackResult[],
  input: PlanInput,
): string[] {
  const resultOf = new Map(previews.map((preview) => [preview.stack, preview]));
  const stackOf = new Map(input.fleet.map((stack) => [stack.spec.stack, stack]));
  const sources =
    plan.sources === digest([...input.sources]) ? [] : ["the project's code or a policy pack changed"];
  const stacks = plan.stacks.flatMap((planned) => {
    const [stack, result] = [stackOf.get(planned.stack), resultOf.get(planned.stack)];
    if (stack === undefined && result !== undefined) return [`${planned.stack}: its manifests have errors`];
    if (stack === undefined || result === undefined) return [`${planned.stack}: the stack is gone`];
    return stackDifferences(planned, result, stack, input).map((each) => `${planned.stack}: ${each}`);
  });
  return [...sources, ...stacks];
}

function stackDifferences(
  planned: PlannedStack,
  result: StackResult,
  stack: FleetStack,
  input: PlanInput,
): string[] {
  if (result.outcome !== "changes" && result.outcome !== "unchanged") return ["its preview fails now"];
  const now = plannedStack(stack, result, input);
  if (now.model !== planned.model) return ["its manifests changed"];
  const told = sentencesByUrn(changePlan([{ ...result, model: stack.model }]));
  const urns = [...new Set([...Object.keys(planned.steps), ...Object.keys(now.steps)])];
  const steps = urns.flatMap((urn) => {
    const [before, after] = [planned.steps[urn], now.steps[urn]];
    if (before === after) return [];
    const resource = resourceText(urn);
    if (after === undefined) return [`the ${resource} no longer changes`];
    // The plan's file has no values, so only what happens now can be told in full.
    const event = told.get(urn);
    if (before === undefined)
      return [event === undefined ? `the ${resource} changes now` : `now also ${event}`];
    return [`the ${resource} changes differently${event === undefined ? "" : `: ${event}`}`];
  });
  // One event may have several resources.
  if (steps.length > 0) return [...new Set(steps)];
  return isDeepStrictEqual(now, planned) ? [] : ["its outputs change differently"];
}

function plannedStack(
  { spec, platform, organization, model }: FleetStack,
  { outcome, changes }: StackResult,
  { platforms }: PlanInput,
): PlannedStack {
  const above = platforms.get(platform);
  const isGone = organization !== null && model === null;
  return {
    stack: spec.stack,
    model: above === undefined || isGone ? null : modelDigest(above, model),
    outcome: outcome === "changes" ? "changes" : "unchanged",
    steps: Object.fromEntries(
      changingSteps(changes).map(({ urn, action, id, changes: properties }) => [
        urn,
        digest([action, id, properties]),
      ]),
    ),
    outputs: digest(changes.outputs),
  };
}

function digest(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex");
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
