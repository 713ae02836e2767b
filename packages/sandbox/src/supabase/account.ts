import type { ProjectServers } from "../project-servers.ts";
import type { Collection, Store } from "../store.ts";
import { ApiError } from "./errors.ts";
import {
  type Change,
  type Organization,
  type Project,
  type ProjectStatus,
  statusAt,
} from "./projects-state.ts";

export interface AccountOptions {
  readonly store: Store;
  readonly servers: ProjectServers;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly readinessMilliseconds: number;
  /** The address of the pooler for all projects' databases. */
  readonly pooler: { readonly host: string; readonly port: number };
  /** How many projects of free organizations may be active at a time. */
  readonly freeProjectLimit: number;
}

/** The state of the local Supabase, and the operations that its endpoints share. */
export class Account {
  readonly organizations: Collection<Organization>;
  readonly projects: Collection<Project>;
  readonly servers: ProjectServers;
  readonly now: () => number;
  readonly readinessMilliseconds: number;
  readonly pooler: AccountOptions["pooler"];
  readonly #freeProjectLimit: number;
  readonly #store: Store;
  readonly #booting = new Set<string>();

  constructor(options: AccountOptions) {
    this.#store = options.store;
    this.servers = options.servers;
    this.now = options.now;
    this.readinessMilliseconds = options.readinessMilliseconds;
    this.pooler = options.pooler;
    this.#freeProjectLimit = options.freeProjectLimit;
    this.organizations = options.store.collection("organizations");
    this.projects = options.store.collection("projects");
  }

  /** Documents of one kind, such as secrets. The id of a project's document starts with the project's ref. */
  documents<T>(kind: string): Collection<T> {
    return this.#store.collection<T>(kind);
  }

  organization(slug: string): Organization {
    const organization = this.organizations.get(slug);
    if (organization === undefined) throw new ApiError(404, "Organization not found");
    return organization;
  }

  project(ref: string): Project {
    const project = this.projects.get(ref);
    if (project === undefined || this.#isUnknown(project)) throw new ApiError(404, "Project not found");
    return project;
  }

  /**
   * Whether a new project's own routes still return 404, although the organization's list contains the project.
   *
   * @see https://github.com/supabase/terraform-provider-supabase/issues/345
   */
  #isUnknown({ change }: Project): boolean {
    const elapsed = this.now() - change.startedAt;
    return change.through[0] === "UNKNOWN" && elapsed < UNKNOWN_SHARE * this.readinessMilliseconds;
  }

  /** Whether the API still shows the status, size and settings from before the latest change. */
  isLagging({ change }: Project): boolean {
    const elapsed = this.now() - change.startedAt;
    return LAGS.has(change.through[0]) && elapsed < this.readinessMilliseconds / change.through.length;
  }

  /**
   * Checks that another project of a free organization may become active. The limit is that of the account, which owns all
   * organizations. Paused projects don't count.
   *
   * The status and the text are those of responses that users published.
   * @see https://supabase.com/docs/guides/platform/billing-faq#how-many-free-projects-can-i-have
   * @throws ApiError 403 if the account has reached its limit
   */
  requireFreeSlot(organization: Organization): void {
    if (organization.plan !== "free") return;
    const active = this.projects
      .values()
      .filter(({ change, organization: slug }) => change.to !== "INACTIVE" && this.#isFree(slug));
    if (active.length < this.#freeProjectLimit) return;
    throw new ApiError(
      403,
      `The following organization members have reached their maximum limits for the number of active free projects within organizations where they are an administrator or owner: sandbox (${this.#freeProjectLimit} project limit). To continue, these users will need to either delete, pause or upgrade one or more of these projects.`,
    );
  }

  #isFree(slug: string): boolean {
    return this.organizations.get(slug)?.plan === "free";
  }

  /** Returns the project for the pooler, or undefined if it doesn't exist or its database isn't up. */
  tenant(ref: string): Project | undefined {
    const project = this.projects.get(ref);
    return project !== undefined && this.#isUp(project) ? project : undefined;
  }

  status(project: Project): ProjectStatus {
    const status = statusAt(project.change, this.now(), this.readinessMilliseconds);
    return status === "ACTIVE_HEALTHY" && this.#booting.has(project.ref) ? "COMING_UP" : status;
  }

  /**
   * Whether this share of the readiness delay has passed since the latest change.
   *
   * @param share 0 to 1, or more than 1 for a service that becomes ready later than the project
   */
  hasReached(project: Project, share: number): boolean {
    if (this.isLagging(project)) return project.change.through[0] === "ACTIVE_HEALTHY";
    const elapsed = this.now() - project.change.startedAt;
    return elapsed >= share * this.readinessMilliseconds && !this.#booting.has(project.ref);
  }

  /** Starts a status change of a project. */
  change(project: Project, through: readonly ProjectStatus[], to: ProjectStatus): Project {
    const change: Change = { through, to, startedAt: this.now() };
    return this.projects.put(project.ref, { ...project, change });
  }

  /** Starts a project's database. The project isn't healthy before the database runs. */
  boot(ref: string): void {
    this.#booting.add(ref);
    this.servers
      .use(ref)
      .then((lease) => lease.release())
      // The next query retries and reports the error.
      .catch(() => undefined)
      .finally(() => this.#booting.delete(ref));
  }

  /** @throws ApiError 544 if the database isn't up; on Supabase, the connection times out */
  requireDatabase(project: Project): void {
    if (!this.#isUp(project)) throw new ApiError(544, "Connection terminated due to connection timeout");
  }

  #isUp(project: Project): boolean {
    const status = this.status(project);
    const down = status === "INACTIVE" || status === "PAUSING" || status === "RESTORING";
    return !down && this.hasReached(project, DATABASE_READY);
  }
}

/** The share of the readiness delay during which a new project's own routes return 404. */
const UNKNOWN_SHARE = 0.15;

/** Statuses that, as the first stage of a change, are the status from before the change. */
const LAGS: ReadonlySet<ProjectStatus | undefined> = new Set(["ACTIVE_HEALTHY", "INACTIVE"]);

/** The share of the readiness delay after which a new project's database accepts connections. */
export const DATABASE_READY = 0.5;
