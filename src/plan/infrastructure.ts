import type { StackChanges, Step } from "../changes/stack.ts";
import type { OrganizationModel } from "../model/model.ts";
import type { ComputeSize } from "../shared/supabase-catalogue.ts";
import { COMPUTE_PRICES, SUPABASE_CURRENCY } from "../shared/supabase-prices.ts";
import type { Monthly } from "./plan.ts";
import { slugOf } from "./readings.ts";
import { monthly } from "./revenue.ts";

const PROJECT = "tenantry:supabase:Project";

/** What the price of a database doesn't contain. Manifests don't declare it, so only Supabase knows it. */
export const BESIDE_COMPUTE = "disk above 8 GB and add-ons of databases";

/** What decides the price of a Supabase project. Null values aren't known. */
interface Sized {
  readonly compute: string | null;
  readonly state: string;
}

interface ProjectMove {
  readonly before: Sized | null;
  readonly after: Sized | null;
}

/** What the databases of a stack cost. */
export interface Infrastructure {
  /** Null for a stack without databases. */
  readonly cost: Monthly | null;
  /** The databases that the cost contains. */
  readonly priced: number;
  /** What the cost doesn't contain, because it has no published price: `compute 24xlarge`. */
  readonly notPriced: readonly string[];
}

/**
 * What the databases of a stack cost before and after its changes, by their compute size. A suspended database keeps its size. An
 * archived one has the smallest, and is paused where Supabase allows it. A deleted one costs nothing.
 *
 * @param controlPlane the size of the control plane; undefined for an organization's stack
 * @param applied whether the changes are those of a run, of which only what was done counts
 */
export function infrastructureOf(
  changes: StackChanges,
  model: OrganizationModel | null,
  controlPlane: ComputeSize | undefined,
  applied: boolean,
): Infrastructure {
  const moves = projectMoves(changes, declaredSizes(model, controlPlane), applied);
  const priced: (readonly [before: number, after: number])[] = [];
  const notPriced: string[] = [];
  for (const { before, after } of moves) {
    const [old, next] = [priceOf(before), priceOf(after)];
    if (typeof old === "string") notPriced.push(old);
    else if (typeof next === "string") notPriced.push(next);
    else priced.push([old, next]);
  }
  const sum = (side: 0 | 1) => priced.reduce((total, each) => total + each[side], 0);
  const exist = moves.filter(({ before, after }) => exists(before) || exists(after));
  return {
    cost: exist.length === 0 ? null : monthly(SUPABASE_CURRENCY, sum(0), sum(1)),
    priced: exist.length - notPriced.length,
    notPriced,
  };
}

function exists(project: Sized | null): boolean {
  return project !== null && project.state !== "deleted";
}

/** By the slug of the workspace; empty for the control plane. */
function declaredSizes(
  model: OrganizationModel | null,
  controlPlane: ComputeSize | undefined,
): ReadonlyMap<string, Sized> {
  const own = controlPlane === undefined ? [] : [["", { compute: controlPlane, state: "active" }] as const];
  const workspaces = Object.values(model?.workspaces ?? {}).map(
    ({ name, project: { compute }, state }) => [name, { compute, state }] as const,
  );
  return new Map([...own, ...workspaces]);
}

function projectMoves(
  { steps }: StackChanges,
  declared: ReadonlyMap<string, Sized>,
  applied: boolean,
): ProjectMove[] {
  const projects = steps.filter(({ type, action }) => type === PROJECT && action !== "same");
  const moves = projects.map((step) => {
    // A later generation of a workspace has the same slug as the one before. Only the newest is declared.
    const isDeclared = !projects.some((other) => other !== step && isNewer(other, step));
    const move = moveOf(step, isDeclared ? declared.get(projectSlugOf(step)) : undefined);
    return applied && step.status !== "done" ? { before: move.before, after: move.before } : move;
  });
  const moving = new Set(projects.map(projectSlugOf));
  const staying = [...declared].filter(([slug]) => !moving.has(slug));
  return [...moves, ...staying.map(([, size]) => ({ before: size, after: size }))];
}

function isNewer(other: Step, { action, ...step }: Step): boolean {
  return (
    other.action === "create" &&
    action !== "create" &&
    projectSlugOf(other) === projectSlugOf({ action, ...step })
  );
}

function projectSlugOf({ parent }: Step): string {
  const [types = "", name = ""] = (parent ?? "").split("::").slice(-2);
  return types.endsWith("tenantry:index:Workspace") ? slugOf(name) : "";
}

function moveOf({ action, changes }: Step, declared: Sized | undefined): ProjectMove {
  const side = (which: "before" | "after"): Sized => {
    const read = (name: string, otherwise: string | null) => {
      const change = changes.find(({ path }) => path === name);
      const value = change === undefined ? otherwise : change[which];
      return typeof value === "string" ? value : otherwise;
    };
    return {
      compute: read("compute", declared?.compute ?? null),
      state: read("state", declared?.state ?? "active") ?? "active",
    };
  };
  const isNew = action === "create" || action === "import";
  return {
    before: isNew ? null : side("before"),
    after: action === "delete" ? null : side("after"),
  };
}

/** In cents a month; or what has no published price. */
function priceOf(project: Sized | null): number | string {
  if (project === null || project.state === "deleted") return 0;
  const compute = project.state === "archived" ? SMALLEST : project.compute;
  if (compute === null) return "a database of unknown size";
  const known: Readonly<Record<string, number>> = COMPUTE_PRICES.monthly;
  return (Object.hasOwn(known, compute) ? known[compute] : undefined) ?? `compute ${compute}`;
}

/** Of a paid organization, as Supabase pauses no projects of one (src/provider/resources/supabase/standby.ts). */
const SMALLEST = "micro";
