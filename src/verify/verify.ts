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

/** What came of one database with its project's settings, or of one organization's part of a control plane. */
export interface Verified extends Checked {
  /** The stack that it belongs to, as `agntdata.acme`. */
  readonly stack: string;
  /** `control plane`, or `workspace production`. */
  readonly database: string;
  /** `closed`: its project is paused, as the manifest declares, and nobody reaches it. */
  readonly outcome: "clean" | "differs" | "closed" | "not verified";
  /** What couldn't be verified and why; null when everything was. The differences are of the rest. */
  readonly reason: string | null;
}

export interface VerifyOptions {
  /** Its clients may send queries that write: every one takes itself back. */
  readonly context: Context;
  readonly definitions: Definitions;
  /** Called as each is known. */
  readonly onVerified: (verified: Verified) => void;
}

interface Definitions {
  readonly controlPlane: Definition;
  readonly workspace: Definition;
  readonly controlPlaneSettings: (security: SecurityModel) => ProjectSettings;
  /** @param issuer of the control plane's tokens */
  readonly workspaceSettings: (security: SecurityModel, issuer: string, isOpen: boolean) => ProjectSettings;
}

/** One part of what is verified. One that fails leaves the others to be verified. */
type Check = () => Promise<Checked>;

/** Organizations at a time. */
const AT_ONCE = 4;

/**
 * Proves isolation on a platform's live databases: the control plane's definition, each organization's people against its
 * rows there, and each workspace's database.
 *
 * @returns never throws for a database that fails: that one is "not verified"
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

  /** That the control plane's database is what its definition makes, and its project set as declared. */
  controlPlane(): Promise<Verified> {
    const { stack, project, security } = this.#platform;
    const { context, definitions } = this.#options;
    return this.#verify(stack, "control plane", async () => {
      const found = await findProject(context.supabase, project.organization, project.name);
      // Without a project, opening its database says what to do. With one, settings are read though its database is closed.
      const ref = found?.ref ?? (await this.#open()).ref;
      return [
        async () => checkDefinition(await this.#open(), definitions.controlPlane, issuerOf(ref)),
        ...this.#settings(ref, definitions.controlPlaneSettings(security)),
      ];
    });
  }

  /** An organization's rows in the control plane, then its workspaces. */
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

  /** @param rows of the control plane; undefined where it couldn't be read */
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
      const told = { organization, workspace, rows, issuer };
      const isOpen = workspace.state === "active";
      return [
        () => checkWorkspace(database, definitions.workspace, told),
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

  /** One connection for all, and one look at its catalogs. */
  #open(): Promise<ControlPlane> {
    this.#controlPlane ??= openControlPlane(this.#options.context, this.#platform.project);
    return this.#controlPlane;
  }

  /** @param begin what has to be there first; gives the checks, or that nobody reaches it */
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

  /** What every check found, and each reason why one failed. */
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

  /** Failures of vendors and mistakes of users are reasons; a bug of ours, and the end of the run, are not. */
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
  return new UserError("The control plane says who may enter, and couldn't be read.", {
    remedy: "See what is said of it.",
  });
}
