import { UserError } from "@tenantry/core/errors";
import { issuerOf } from "../control-plane/control-plane.ts";
import type { OrganizationModel } from "../model/model.ts";
import { controlPlaneContent, WORKSPACE_CONTENT } from "./content.ts";
import { controlPlaneSubjects, memberDifferences } from "./control-plane.ts";
import { compareDefinition, type Definition, executorsOf, toDeparse } from "./definition.ts";
import type { Difference } from "./difference.ts";
import { CONTROL_PLANE, type Promises, WORKSPACE } from "./expected-access.ts";
import type { LiveDatabase } from "./live-database.ts";
import {
  type CallerReach,
  compareMatrix,
  countCells,
  type Matrix,
  peopleOf,
  reachOf,
  sourcesOf,
} from "./matrix.ts";
import type { OrganizationRows } from "./organization-rows.ts";
import { entranceDifferences, type WorkspaceState, workspaceSubjects } from "./workspace.ts";

/** What a look at one database brought. */
export interface Checked {
  /** Who tried, and how far each came. */
  readonly callers: readonly CallerReach[];
  /** How many cells of the access matrix were tried. */
  readonly cells: number;
  readonly differences: readonly Difference[];
}

/**
 * Whether a database is what its definition makes, and holds nothing else.
 *
 * @param issuer of the tokens that a control plane trusts; absent for a workspace
 */
export async function checkDefinition(
  database: LiveDatabase,
  definition: Definition,
  issuer?: string,
): Promise<Checked> {
  const deparsed = await database.deparse(toDeparse(definition));
  const differences = compareDefinition(definition, deparsed, database.catalog, issuer);
  return { callers: [], cells: 0, differences };
}

/** Whether an organization's people reach in the control plane what they are promised, and nobody else does. */
export async function checkOrganization(
  database: LiveDatabase,
  definition: Definition,
  organization: OrganizationModel,
  rows: OrganizationRows,
): Promise<Checked> {
  const tried = await tryMatrix(database, {
    subjects: controlPlaneSubjects(organization, rows, issuerOf(database.ref)),
    promises: CONTROL_PLANE,
    functions: executorsOf(definition),
    content: controlPlaneContent(organization, rows),
    names: namesOf(organization, rows),
  });
  return { ...tried, differences: [...memberDifferences(organization, rows), ...tried.differences] };
}

/** Whether a workspace's database is what its definition makes, and opens itself to its members and to nobody else. */
export async function checkWorkspace(
  database: LiveDatabase,
  definition: Definition,
  told: Omit<WorkspaceState, "found">,
): Promise<Checked> {
  const found = database.catalog.workspace;
  if (found === null) throw noSchema(told);
  const state: WorkspaceState = { ...told, found };
  const defined = await checkDefinition(database, definition);
  const tried = await tryMatrix(database, {
    subjects: workspaceSubjects(state),
    promises: WORKSPACE,
    functions: executorsOf(definition),
    content: WORKSPACE_CONTENT,
    names: namesOf(told.organization, told.rows),
  });
  const differences = [...defined.differences, ...entranceDifferences(state), ...tried.differences];
  return { ...tried, differences };
}

/** Lets everybody of a matrix try everything that there is. */
async function tryMatrix(
  database: LiveDatabase,
  told: { readonly promises: Promises } & Omit<Matrix, "tables">,
): Promise<Checked> {
  const matrix: Matrix = { ...told, tables: tablesOf(database, told.promises) };
  const tries = await database.tryAccess(peopleOf(matrix), sourcesOf(matrix), matrix.content);
  return {
    callers: reachOf(matrix, tries),
    cells: countCells(matrix),
    differences: compareMatrix(matrix, tries),
  };
}

/** Those that are promised something, and all that the data API could serve besides. */
function tablesOf({ catalog }: LiveDatabase, promises: Promises): string[] {
  const served = Object.keys(catalog.relations).filter((name) => !name.startsWith("auth."));
  return [...new Set([...Object.keys(promises), ...served])].sort();
}

function namesOf(organization: OrganizationModel, rows: OrganizationRows): Map<string, string> {
  return new Map([
    [organization.id, `organization ${organization.name}`],
    ...rows.workspaces.map(({ id, name }) => [id, `workspace ${name}`] as const),
    ...Object.values(organization.workspaces).map(({ id, name }) => [id, `workspace ${name}`] as const),
  ]);
}

function noSchema({ workspace }: Omit<WorkspaceState, "found">): UserError {
  return new UserError(`The database of ${workspace.project.name} holds no workspace yet.`, {
    remedy: "Run tenantry up first.",
  });
}
