import { UserError } from "@tenantry/core/errors";
import type { WorkspaceModel } from "../model/model.ts";
import type { Context } from "../vendors/connections.ts";
import { type Catalog, catalogOf, catalogStatements } from "../vendors/postgres/catalog/catalog.ts";
import type { Database, Query } from "../vendors/postgres/database.ts";
import { readProjectCatalog, runForResult } from "../vendors/postgres/run-script.ts";
import { type Deparsed, deparse, deparsedShape } from "../vendors/postgres/scripts/deparse.ts";
import { answerOf } from "../vendors/postgres/scripts/rollback.ts";
import type { RowSecuritySpecification } from "../vendors/postgres/scripts/secure-rows.ts";
import {
  type AccessResult,
  type Person,
  type Source,
  triesShape,
  tryAccess,
} from "../vendors/postgres/scripts/try-access.ts";
import { dataOrGone } from "../vendors/supabase/client.ts";
import { isResponding } from "../vendors/supabase/projects.ts";

type Project = WorkspaceModel["project"];

/** Runs the statements of a script that rolls itself back, in one transaction. */
type RunUndone = (what: string, statements: readonly string[]) => Promise<unknown>;

/** A live database that is tested without lasting changes. */
export class LiveDatabase {
  /** The project's ref. */
  readonly ref: string;
  readonly catalog: Catalog;
  readonly #run: RunUndone;

  constructor(ref: string, catalog: Catalog, run: RunUndone) {
    this.ref = ref;
    this.catalog = catalog;
    this.#run = run;
  }

  async deparse(security: RowSecuritySpecification): Promise<Deparsed> {
    return deparsedShape.parse(await this.#run("verify definitions", deparse(security)));
  }

  async tryAccess(
    people: readonly Person[],
    sources: readonly Source[],
    content: readonly string[],
  ): Promise<Record<string, AccessResult>> {
    return triesShape.parse(await this.#run("verify access", tryAccess(people, sources, content)));
  }
}

/** A control plane, reached through its session pooler. */
export class ControlPlane extends LiveDatabase {
  readonly #database: Database;

  constructor(database: Database, catalog: Catalog) {
    super(database.ref, catalog, (_, statements) => runInTransaction(database, statements));
    this.#database = database;
  }

  read<T>(work: (query: Query) => Promise<T>): Promise<T> {
    return this.#database.read(work);
  }
}

export async function openControlPlane(
  context: Context,
  { organization, name }: Project,
): Promise<ControlPlane> {
  const database = await context.controlPlane({ organization, name });
  const catalog = await database.read(async (query) => catalogOf(await inOrder(query, catalogStatements)));
  return new ControlPlane(database, catalog);
}

/**
 * Opens a workspace's database through the Management API.
 *
 * @param name the name of its project
 * @param ref the ref of its project in the control plane; null if there is none
 * @throws UserError if the project doesn't exist, has another name or isn't running
 */
export async function openWorkspace(
  context: Pick<Context, "supabase" | "signal">,
  name: string,
  ref: string | null,
): Promise<LiveDatabase | "paused"> {
  const { supabase, signal } = context;
  const project =
    ref === null
      ? undefined
      : await dataOrGone(supabase.api.GET("/v1/projects/{ref}", { params: { path: { ref } } }));
  if (ref === null || project?.name !== name)
    throw new UserError(`The control plane has no existing project ${name}.`, {
      remedy: "Run tenantry up --refresh, which finds the project or creates it.",
    });
  if (project.status === "INACTIVE") return "paused";
  if (!isResponding(project.status))
    throw new UserError(`The project ${name} is ${project.status}.`, {
      remedy:
        "Run again when the project is ACTIVE_HEALTHY. If it stays in this status, check it in Supabase's dashboard.",
    });
  const catalog = await readProjectCatalog(supabase, ref);
  return new LiveDatabase(ref, catalog, (what, statements) =>
    runForResult(supabase, ref, what, statements, signal),
  );
}

async function runInTransaction(database: Database, statements: readonly string[]): Promise<unknown> {
  return database.transaction(async (query) => answerOf(await inOrder(query, statements)));
}

/** The rows of the last of several statements. */
async function inOrder(query: Query, statements: readonly string[]): Promise<readonly unknown[]> {
  let rows: readonly unknown[] = [];
  for (const statement of statements) rows = await query(statement);
  return rows;
}
