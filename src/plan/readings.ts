import { changingSteps, type StackChanges, type Step } from "../changes/stack.ts";
import { Reading } from "./reading.ts";

const WORKSPACE = "tenantry:index:Workspace";
const WORKSPACE_ROW = "tenantry:control-plane:Workspace";

/** A workspace's slug, without the beginning of its id, which a later generation has: `production@1a2b3c4d`. */
export function slugOf(name: string): string {
  return name.replace(/@[0-9a-f]{8}$/, "");
}

/** The slug of the workspace that each step belongs to. */
function placesOf(steps: readonly Step[]): (step: Step) => string | null {
  const byUrn = new Map(steps.map((step) => [step.urn, step]));
  return (step) => {
    for (let urn = step.parent; urn !== null; urn = byUrn.get(urn)?.parent ?? null) {
      const [types = "", name = ""] = urn.split("::").slice(-2);
      if (types.split("$").at(-1) !== WORKSPACE) continue;
      const slug = slugOf(name);
      const isShared = [...byUrn.keys()].some((other) => isSameSlug(other, urn, slug));
      return isShared ? name : slug;
    }
    return null;
  };
}

/** Whether another component is a workspace of the same slug. */
function isSameSlug(other: string, urn: string, slug: string): boolean {
  if (other === urn) return false;
  const [types = "", name = ""] = other.split("::").slice(-2);
  return types.split("$").at(-1) === WORKSPACE && slugOf(name) === slug;
}

/** The changing steps of a stack, each with the workspace that it belongs to. */
export function readingsOf(changes: StackChanges): Reading[] {
  const all = changes.steps;
  const placeOf = placesOf(all);
  const byId = new Map<string, string>();
  for (const step of all) {
    if (step.type !== WORKSPACE_ROW) continue;
    const place = placeOf(step);
    const declared = step.changes.find(({ path }) => path === "workspaceId");
    for (const id of [step.id, declared?.after, declared?.before])
      if (typeof id === "string" && place !== null) byId.set(id, place);
  }
  const workspaceWith = (id: string) => byId.get(id) ?? id;
  return changingSteps(changes)
    .filter((step) => !step.component)
    .map((step) => new Reading(step, placeOf(step), workspaceWith));
}
