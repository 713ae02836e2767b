import { UserError, VendorError } from "@tenantry/core/errors";
import pLimit from "p-limit";
import { issuerOf } from "../control-plane/control-plane.ts";
import type { OrganizationModel, PlatformModel, SecurityModel, WorkspaceModel } from "../model/model.ts";
import type { Context } from "../vendors/connections.ts";
import { findProject } from "../vendors/supabase/projects.ts";
import { type Checked, checkDefinition, checkOrganization, checkWorkspace } from "./check.ts";
import type { Definition } from "./definition.ts";
import { type ControlPlane, openControlPlane, openWorkspace } from "./live-database.ts";
import { type OrganizationRows, readOrganization } from "./organization-rows.ts";
import { type ProjectSettings, settingsChecks } from "./project-settings.ts";

/** The result for a database with its project's settings, or for an organization's rows in the control plane. */
export interface Verified extends Checked {
  /** The stack that it belongs to: `agntdata.acme`. */
  readonly stack: string;
  /** `control plane`, or `workspace production`. */
  readonly database: string;
  /** `closed`: the project is paused, as declared in the manifest, so that nobody can access it. */
  readonly outcome: "clean" | "differs" | "closed" | "not verified";
  /** The reason why something couldn't be verified; null if everything was. `differences` are those of the rest. */
  readonly reason: string | null;
}

export interface VerifyOptions {
  /** Must have writing clients: the queries write, and roll back. */
  readonly context: Context;
  readonly definitions: Definitions;
  /** Called with each result as soon as it is known. */
  readonly onVerified: (verified: Verified) => void;
}

interface Definitions {
  readonly controlPlane: Definition;
  readonly workspace: Definition;
  readonly controlPlaneSettings: (security: SecurityModel) => ProjectSettings;
  /** @param issuer the issuer of the control plane's tokens */
  readonly workspaceSettings: (security: SecurityModel, issuer: string, isOpen: boolean) => ProjectSettings;
}

/** A part of the verification. If it fails, the others still run. */
type Check = () => Promise<Checked>;

/** The number of organizations that are verified at the same time. */
const AT_ONCE = 4;

/**
 * Verifies isolation on a platform's live databases: the control plane's definition, the access to each organization's rows,
 * and each workspace's database.
 *
 * @returns one result per database and organization. A database that can't be verified has the outcome "not verified"
 */
export async function verifyPlatform(
  platform: PlatformModel,
  organizations: readonly OrganizationModel[],
  options: VerifyOptions,
): Promise<Verified[]> {
  const verifier = new Verifier(platform, options);
  const own = await verifier.controlPlane();
  const limit = pLimit(AT_ONCE);
  const below = organizations.map((organization) => limit(() => verifier.organization(organization)));
  return [own, ...(await Promise.all(below)).flat()];
}

class Verifier {
  readonly #platform: PlatformModel;
  readonly #options: VerifyOptions;
  #controlPlane: Promise<ControlPlane> | undefined;

  constructor(platform: PlatformModel, options: VerifyOptions) {
    this.#platform = platform;
    this.#options = options;
  }

  /** Compares the control plane's database with its definition, and its project's settings with the declared ones. */
  controlPlane(): Promise<Verified> {
    const { stack, project, security } = this.#platform;
    const { context, definitions } = this.#options;
    return this.#verify(stack, "control plane", async () => {
      const found = await findProject(context.supabase, project.organization, project.name);
      // Without a project, opening its database throws an error with the remedy. With one, the settings can be read even if
      // the database is closed.
      const ref = found?.ref ?? (await this.#open()).ref;
      return [
        async () => checkDefinition(await this.#open(), definitions.controlPlane, issuerOf(ref)),
        ...this.#settings(ref, definitions.controlPlaneSettings(security)),
      ];
    });
  }

  /** Verifies an organization's rows in the control plane, then its workspaces. */
  async organization(organization: OrganizationModel): Promise<Verified[]> {
    const { stack } = organization;
    const { definitions } = this.#options;
    let rows: OrganizationRows | undefined;
    const own = await this.#verify(stack, "control plane", async () => {
      const database = await this.#open();
      const found = await database.read((query) => readOrganization(query, organization));
      if (!found.exists) throw notUp(organization);
      rows = found;
      return [() => checkOrganization(database, definitions.controlPlane, organization, found)];
    });
    const verified = [own];
    for (const workspace of Object.values(organization.workspaces))
      if (workspace.state !== "deleted") verified.push(await this.#workspace(organization, workspace, rows));
    return verified;
  }

  /** @param rows the organization's rows; undefined if the control plane couldn't be read */
  #workspace(
    organization: OrganizationModel,
    workspace: WorkspaceModel,
    rows: OrganizationRows | undefined,
  ): Promise<Verified> {
    return this.#verify(organization.stack, `workspace ${workspace.name}`, async () => {
      if (rows === undefined) throw noRows();
      const { context, definitions } = this.#options;
      const { ref } = await this.#open();
      const row = rows.workspaces.find(({ id }) => id === workspace.id);
      const database = await openWorkspace(context, workspace.project.name, row?.project_ref ?? null);
      if (database === "paused") {
        if (workspace.state === "active") throw paused(workspace);
        return "closed";
      }
      const issuer = issuerOf(ref);
      const expected = { organization, workspace, rows, issuer };
      const isOpen = workspace.state === "active";
      return [
        () => checkWorkspace(database, definitions.workspace, expected),
        ...this.#settings(
          database.ref,
          definitions.workspaceSettings(this.#platform.security, issuer, isOpen),
        ),
      ];
    });
  }

  #settings(ref: string, declared: ProjectSettings): Check[] {
    return settingsChecks(this.#options.context, ref, declared).map((check) => async () => ({
      ...NOTHING,
      differences: await check(),
    }));
  }

  /** Opens the control plane once for all organizations, and reads its catalogs once. */
  #open(): Promise<ControlPlane> {
    this.#controlPlane ??= openControlPlane(this.#options.context, this.#platform.project);
    return this.#controlPlane;
  }

  /** @param begin returns the checks, or "closed" if nobody can access the database */
  async #verify(
    stack: string,
    database: string,
    begin: () => Promise<readonly Check[] | "closed">,
  ): Promise<Verified> {
    const verified = await begin().then(
      async (checks): Promise<Verified> => {
        if (checks === "closed") return { stack, database, outcome: "closed", ...NOTHING, reason: null };
        const settled = await Promise.allSettled(checks.map((check) => check()));
        return { stack, database, ...this.#sumOf(settled) };
      },
      (error: unknown): Verified => {
        const reason = this.#reasonOf(error);
        return { stack, database, outcome: "not verified", ...NOTHING, reason };
      },
    );
    this.#options.onVerified(verified);
    return verified;
  }

  /** Combines the results of all checks with the reasons of those that failed. */
  #sumOf(settled: readonly PromiseSettledResult<Checked>[]): Omit<Verified, "stack" | "database"> {
    const found = settled.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
    const reasons = settled.flatMap((each) =>
      each.status === "rejected" ? [this.#reasonOf(each.reason)] : [],
    );
    const callers = found.flatMap((each) => each.callers);
    const cells = found.reduce((sum, each) => sum + each.cells, 0);
    const differences = found.flatMap((each) => each.differences);
    if (reasons.length > 0) {
      const reason = [...new Set(reasons)].join("\n");
      return { outcome: "not verified", callers, cells, differences, reason };
    }
    const outcome = differences.length > 0 ? "differs" : "clean";
    return { outcome, callers, cells, differences, reason: null };
  }

  /** Errors of vendors and users are reported as reasons. Bugs and cancellations are thrown. */
  #reasonOf(error: unknown): string {
    this.#options.context.signal.throwIfAborted();
    if (error instanceof UserError) return `${error.message}\n${error.remedy}`;
    if (error instanceof VendorError) return error.message;
    throw error;
  }
}

const NOTHING: Checked = { callers: [], cells: 0, differences: [] };

function paused({ project }: WorkspaceModel): UserError {
  return new UserError(`The project ${project.name} is paused.`, {
    remedy: "Restore it in Supabase's dashboard, or declare the workspace as suspended.",
  });
}

function notUp({ name, stack }: OrganizationModel): UserError {
  return new UserError(`The control plane has no organization ${name} yet.`, {
    remedy: `Run: tenantry up ${stack}`,
  });
}

function noRows(): UserError {
  return new UserError("The control plane, which has the list of members, couldn't be read.", {
    remedy: "Fix the problem that is reported for the control plane.",
  });
}
