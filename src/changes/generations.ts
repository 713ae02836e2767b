import type { ResourceView } from "@tenantry/embedded-engine/interface";
import { type Generation, refusedGeneration } from "../model/generations.ts";
import type { OrganizationModel } from "../model/model.ts";
import { recordedOfType } from "./recorded.ts";
import type { Removal } from "./removals.ts";

/** A declared generation of an organization that doesn't follow the recorded ones; undefined if it does. */
export function refusedReturn(
  organization: OrganizationModel,
  recorded: readonly ResourceView[],
): Removal | undefined {
  const rows = recordedOfType(recorded, "control-plane:Organization");
  const refused = refusedGeneration(
    organization,
    rows.map((row) => generationOf(row, organization, recorded)),
  );
  if (refused === undefined) return undefined;
  const { name, stack } = organization;
  return { kind: "organization", stack, organization: name, workspace: null, projects: [], ...refused };
}

/** A deletion that failed halfway leaves protected resources. An engine refuses to remove them for the next generation. */
function generationOf(
  row: ResourceView,
  organization: OrganizationModel,
  recorded: readonly ResourceView[],
): Generation {
  const generation = Number(row.inputs.generation ?? 1);
  const isInUse = ({ protect, urn, parent }: ResourceView) =>
    protect === true && isBelow(row.parent, [urn, parent], recorded);
  const isOver = generation === organization.generation || !recorded.some(isInUse);
  return { generation, isDeleted: row.outputs.isDeleted === true && isOver };
}

/** Whether a resource is a component, or below it. */
function isBelow(
  component: string,
  [urn, parent]: readonly [urn: string, parent: string],
  recorded: readonly ResourceView[],
): boolean {
  if (urn === component || parent === component) return true;
  const above = recorded.find((each) => each.urn === parent);
  return above !== undefined && isBelow(component, [above.urn, above.parent], recorded);
}
