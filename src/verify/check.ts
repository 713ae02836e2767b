import { UserError } from "@tenantry/core/errors";
import { issuerOf } from "../control-plane/control-plane.ts";
import type { OrganizationModel } from "../model/model.ts";
import { controlPlaneContent, WORKSPACE_CONTENT } from "./content.ts";
import { controlPlaneSubjects, memberDifferences } from "./control-plane.ts";
import { compareDefinition, type Definition, executorsOf, toDeparse } from "./definition.ts";
import type { Difference } from "./difference.ts";
import { CONTROL_PLANE, type ExpectedAccess, WORKSPACE } from "./expected-access.ts";
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

/** The result of checking a database. */
export interface Checked {
  /** The expected and the actual access of each caller. */
  readonly callers: readonly CallerReach[];
  /** The number of cells of the access matrix that were tested. */
  readonly cells: number;
  readonly differences: readonly Difference[];
}

/**
 * Compares a database with its definition, and finds undeclared objects.
 *
 * @param issuer the issuer of the tokens that a control plane trusts; absent for a workspace
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

/** Tests the access to an organization's rows in the control plane. */
export async function checkOrganization(
  database: LiveDatabase,
  definition: Definition,
  organization: OrganizationModel,
  rows: OrganizationRows,
): Promise<Checked> {
  const tried = await tryMatrix(database, {
    subjects: controlPlaneSubjects(organization, rows, issuerOf(database.ref)),
    expectedAccess: CONTROL_PLANE,
    functions: executorsOf(definition),
    content: controlPlaneContent(organization, rows),
    names: namesOf(organization, rows),
  });
  return { ...tried, differences: [...memberDifferences(organization, rows), ...tried.differences] };
}

/** Compares a workspace's database with its definition, and tests the access to it. */
export async function checkWorkspace(
  database: LiveDatabase,
  definition: Definition,
  expected: Omit<WorkspaceState, "found">,
): Promise<Checked> {
  const found = database.catalog.workspace;
  if (found === null) throw noSchema(expected);
  const state: WorkspaceState = { ...expected, found };
  const defined = await checkDefinition(database, definition);
  const tried = await tryMatrix(database, {
    subjects: workspaceSubjects(state),
    expectedAccess: WORKSPACE,
    functions: executorsOf(definition),
    content: WORKSPACE_CONTENT,
    names: namesOf(expected.organization, expected.rows),
  });
  const differences = [...defined.differences, ...entranceDifferences(state), ...tried.differences];
  return { ...tried, differences };
}

/** Tests every table with every caller. */
async function tryMatrix(database: LiveDatabase, expected: Omit<Matrix, "tables">): Promise<Checked> {
  const matrix: Matrix = { ...expected, tables: tablesOf(database, expected.expectedAccess) };
  const tries = await database.tryAccess(peopleOf(matrix), sourcesOf(matrix), matrix.content);
  return {
    callers: reachOf(matrix, tries),
    cells: countCells(matrix),
    differences: compareMatrix(matrix, tries),
  };
}

/** The tables with an expected access, and all others that the data API could serve. */
function tablesOf({ catalog }: LiveDatabase, expectedAccess: ExpectedAccess): string[] {
  const served = Object.keys(catalog.relations).filter((name) => !name.startsWith("auth."));
  return [...new Set([...Object.keys(expectedAccess), ...served])].sort();
}

function namesOf(organization: OrganizationModel, rows: OrganizationRows): Map<string, string> {
  return new Map([
    [organization.id, `organization ${organization.name}`],
    ...rows.workspaces.map(({ id, name }) => [id, `workspace ${name}`] as const),
    ...Object.values(organization.workspaces).map(({ id, name }) => [id, `workspace ${name}`] as const),
  ]);
}

function noSchema({ workspace }: Omit<WorkspaceState, "found">): UserError {
  return new UserError(`The database of ${workspace.project.name} doesn't have its tables yet.`, {
    remedy: "Run tenantry up first.",
  });
}
