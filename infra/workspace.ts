import * as pulumi from "@pulumi/pulumi";
import { deletionName } from "../src/model/consents.ts";
import type {
  OrganizationModel,
  SecretReference,
  SecurityModel,
  WorkspaceModel,
} from "../src/model/model.ts";
import { databaseDefinition, warnOfDifferences } from "./database.ts";
import { type Declared, declare } from "./declare.ts";
import { workspaceLogicalName } from "./logical-names.ts";
import { secretValue } from "./secrets.ts";
import { networkOf, workspaceSettings } from "./settings.ts";
import { unmanagedGrantsOf, unmanagedIn } from "./unmanaged.ts";

/** The arguments of a `Workspace`. */
export interface WorkspaceArgs {
  /** The organization that owns the workspace. */
  readonly organization: OrganizationModel;
  /** One of the organization's workspaces. */
  readonly workspace: WorkspaceModel;
  /** The control plane's Supabase project: its name, and the slug of its Supabase organization. */
  readonly controlPlane: { readonly organization: string; readonly name: string };
  /** The platform's security settings. */
  readonly security: SecurityModel;
  /** The issuer of the tokens that the workspace accepts: the control plane's, such as `https://<ref>.supabase.co/auth/v1`. */
  readonly issuer: pulumi.Input<string>;
  /** The organization's row in the control plane. Everything that gives access to the workspace depends on it. */
  readonly after: pulumi.Resource;
}

type Project = Declared<"supabase:Project", "ref">;
type Ready = Declared<"supabase:Ready", "apiUrl">;

/**
 * A workspace: its Supabase project, database with row security, settings and secrets, and its rows in the control plane.
 * `Organization` declares one for each workspace of its manifest.
 *
 * Its row in the control plane is written before the people who may enter its database, so that a removed person leaves the
 * control plane first. While the workspace isn't active, nobody can enter, and its data stay unchanged.
 *
 * Resources that give access depend on everything that they rely on. The guard only revokes access and depends on nothing.
 */
export class Workspace extends pulumi.ComponentResource {
  /** The URL of its data API. */
  readonly url: pulumi.Output<string>;
  /** Its row in the control plane. */
  readonly row: pulumi.Resource;
  /** The keys to the product's API, by name; a secret. */
  readonly apiKeys: pulumi.Output<Readonly<Record<string, string>>>;
  readonly #args: WorkspaceArgs;
  readonly #name: string;
  readonly #isOpen: boolean;

  /** @param name of the component and the prefix of its resources: `workspaceLogicalName(organization, workspace)` */
  constructor(name: string, args: WorkspaceArgs, options: pulumi.ComponentResourceOptions = {}) {
    const { organization, workspace } = args;
    const before = workspace.previously.map((each) =>
      workspaceLogicalName(organization, { ...workspace, name: each }),
    );
    // Only a deleted workspace, which needs a consent, may be removed from the YAML.
    const protect = workspace.state === "deleted" ? { protect: false } : {};
    super(
      "tenantry:index:Workspace",
      name,
      {},
      {
        ...options,
        ...protect,
        transformations: [knownAs(name, before)],
      },
    );
    this.#args = args;
    this.#name = name;
    this.#isOpen = workspace.state === "active";

    this.#guard();
    const project = this.#project();
    const ready = this.#ready(project);
    const settings = this.#settings(project, ready);
    const database = this.#database(project, ready);
    const row = this.#row(project, ready);
    const keys = this.#keys(row);
    const members = this.#members(project, row, database);
    const secrets = this.#secrets(project, ready);
    this.#rest(project, [settings, row, keys, members, secrets]);

    this.url = ready.apiUrl;
    this.row = row;
    this.apiKeys = keys.values;
    this.registerOutputs({ url: this.url });
  }

  /** Finds the project by its name, because an input from another resource would be a dependency. */
  #guard(): void {
    const { organization, workspace, controlPlane } = this.#args;
    const { organization: owner, name } = workspace.project;
    declare(
      "postgres:Guard",
      `${this.#name}-guard`,
      {
        organization: owner,
        name,
        state: workspace.state,
        ...databaseDefinition("workspace").guard,
        workspace: {
          id: workspace.id,
          controlPlane: { ...controlPlane },
          members: this.#isOpen ? peopleOf(organization, workspace) : {},
          ...this.#unmanagedPeople(),
        },
      },
      { parent: this, protect: false },
    );
  }

  #project(): Project {
    const { organization, workspace, after } = this.#args;
    return declare(
      "supabase:Project",
      `${this.#name}-project`,
      {
        ...workspace.project,
        databasePassword: { id: workspace.id },
        state: workspace.state,
        consent: consentOf(organization, workspace),
      },
      { parent: this, dependsOn: [after] },
      ["ref"],
    );
  }

  #ready(project: Project): Ready {
    const inputs = { ...this.#in(project), sslEnforced: this.#args.security.tlsEnforced };
    return declare("supabase:Ready", `${this.#name}-ready`, inputs, this.#inside(project), ["apiUrl"]);
  }

  #settings(project: Project, ready: Ready): pulumi.Resource {
    const { security, issuer } = this.#args;
    return declare(
      "supabase:Settings",
      `${this.#name}-settings`,
      { ...this.#in(project), ...workspaceSettings(security, issuer, this.#isOpen) },
      this.#inside(project, ready),
    );
  }

  #database(project: Project, ready: Ready): pulumi.Resource {
    const definition = databaseDefinition("workspace");
    const access = declare(
      "postgres:Access",
      `${this.#name}-access`,
      { ...this.#in(project), ...definition.access },
      this.#inside(project, ready),
    );
    const schema = declare(
      "postgres:Schema",
      `${this.#name}-schema`,
      { ...this.#in(project), ...definition.schema },
      this.#inside(project, access),
      ["differences"],
    );
    warnOfDifferences(`The database of ${this.#name}`, schema, this);
    return declare(
      "postgres:RowSecurity",
      `${this.#name}-row-security`,
      { ...this.#in(project), ...definition.rowSecurity },
      this.#inside(project, schema),
    );
  }

  /** A deleted workspace keeps its row, and releases its members, names and addresses. */
  #row(project: Project, ready: Ready): pulumi.Resource {
    const { organization, workspace, controlPlane, after } = this.#args;
    const isDeleted = workspace.state === "deleted";
    return declare(
      "control-plane:Workspace",
      `${this.#name}-control-plane`,
      {
        controlPlane: { ...controlPlane },
        organization: organization.id,
        workspaceId: workspace.id,
        name: workspace.name,
        generation: workspace.generation,
        displayName: workspace.displayName,
        state: workspace.state,
        expires: workspace.expires ?? undefined,
        projectRef: isDeleted ? undefined : project.ref,
        projectUrl: isDeleted ? undefined : ready.apiUrl,
        region: workspace.project.region,
        email: isDeleted ? undefined : (workspace.email ?? undefined),
        slack: isDeleted || workspace.slack === null ? undefined : { ...workspace.slack },
        access: isDeleted ? {} : peopleOf(organization, workspace),
        apps: isDeleted ? {} : appsOf(workspace),
        connections: isDeleted ? {} : connectionsOf(workspace),
        cron: isDeleted ? {} : cronOf(workspace),
        unmanaged: isDeleted ? undefined : unmanagedRows(organization, workspace),
        unmanagedGrants: isDeleted ? undefined : unmanagedGrantsOf(organization),
      },
      { parent: this, dependsOn: [after] },
    );
  }

  #keys(row: pulumi.Resource): Declared<"control-plane:ApiKeys", "values"> {
    const { workspace, controlPlane } = this.#args;
    const keys = mapValues(workspace.apiKeys, ({ rotate, graceSeconds }) => ({
      rotate: rotate ?? undefined,
      graceSeconds,
    }));
    return declare(
      "control-plane:ApiKeys",
      `${this.#name}-api-keys`,
      {
        controlPlane: { ...controlPlane },
        workspace: workspace.id,
        keys: workspace.state === "deleted" ? {} : keys,
        unmanaged:
          workspace.state === "deleted" || !workspace.unmanaged.includes("apiKeys")
            ? undefined
            : { apiKeys: 0 },
      },
      { parent: this, dependsOn: [row] },
      ["values"],
    );
  }

  #members(project: Project, row: pulumi.Resource, database: pulumi.Resource): pulumi.Resource {
    const { organization, workspace, issuer, controlPlane } = this.#args;
    return declare(
      "control-plane:WorkspaceMembers",
      `${this.#name}-members`,
      {
        controlPlane: { ...controlPlane },
        ...this.#in(project),
        workspace: workspace.id,
        issuer,
        members: this.#isOpen ? peopleOf(organization, workspace) : {},
        ...this.#unmanagedPeople(),
      },
      this.#inside(project, row, database),
    );
  }

  #secrets(project: Project, ready: Ready): pulumi.Resource {
    const { organization, workspace } = this.#args;
    return declare(
      "supabase:Secrets",
      `${this.#name}-secrets`,
      { ...this.#in(project), ...secretsOf(organization, workspace) },
      this.#inside(project, ready),
    );
  }

  /** After access is closed: archives an archived workspace, then pauses the project. Removing these resources changes nothing. */
  #rest(project: Project, closed: readonly pulumi.Resource[]): void {
    const { organization, workspace, security } = this.#args;
    const { state } = workspace;
    if (state !== "suspended" && state !== "archived") return;
    const options = { parent: this, protect: false, retainOnDelete: true };
    const dependsOn = [...closed];
    if (state === "archived")
      dependsOn.push(
        declare(
          "postgres:Archive",
          `${this.#name}-archive`,
          {
            project: project.ref,
            name: workspace.project.name,
            workspace: workspace.id,
            organization: organization.id,
            databasePassword: { id: workspace.id },
            schemas: [...databaseDefinition("workspace").schema.schemas],
            network: {
              during: networkOf(security.network.controlPlane),
              after: networkOf(security.network.workspaces),
            },
          },
          { ...options, dependsOn: [...closed] },
        ),
      );
    const { organization: owner, name } = workspace.project;
    declare(
      "supabase:Standby",
      `${this.#name}-standby`,
      { project: project.ref, organization: owner, name, state },
      { ...options, dependsOn },
    );
  }

  /** A workspace that isn't active lets nobody in, whatever the manifest leaves out. */
  #unmanagedPeople() {
    const { organization } = this.#args;
    if (!this.#isOpen) return {};
    return {
      unmanaged: unmanagedIn(organization, ["members"]),
      unmanagedGrants: unmanagedGrantsOf(organization),
    };
  }

  /** The inputs that all resources inside the project have. */
  #in(project: Project) {
    return { project: project.ref, state: this.#args.workspace.state };
  }

  /** The options of resources inside the project, which are deleted with it. */
  #inside(project: Project, ...dependsOn: pulumi.Resource[]) {
    return { parent: this, deletedWith: project, dependsOn };
  }
}

/**
 * Adds the earlier names of the workspace and its children as aliases. Pulumi derives aliases of children too, but only in the
 * run that renames the parent: after an interrupted run, it would treat the remaining children as new.
 */
function knownAs(name: string, before: readonly string[]): pulumi.ResourceTransformation {
  return ({ name: each, props, opts }) => {
    const own = (opts.aliases ?? []).filter((alias): alias is pulumi.Alias => typeof alias === "object");
    const aliases = [{}, ...own].flatMap((alias) =>
      before.map((old) => ({ ...alias, name: old + String(alias.name ?? each).slice(name.length) })),
    );
    return { props, opts: { ...opts, aliases: [...(opts.aliases ?? []), ...aliases] } };
  };
}

/** The consent to its deletion, or to that of its organization. */
function consentOf(organization: OrganizationModel, workspace: WorkspaceModel) {
  if (workspace.state !== "deleted") return undefined;
  const things = [deletionName(organization), deletionName(organization, workspace)];
  const given = organization.consents.filter(
    (consent) => consent.delete !== null && things.includes(consent.delete),
  );
  const [longest] = given.sort((a, b) => b.expires.localeCompare(a.expires));
  return longest && { approvedBy: longest.approvedBy, reason: longest.reason, expires: longest.expires };
}

/** The collections in a workspace's rows that the manifest leaves out. */
function unmanagedRows(organization: OrganizationModel, { unmanaged }: WorkspaceModel) {
  const own = (["apps", "connections", "cron"] as const).filter((key) => unmanaged.includes(key));
  const left = {
    ...unmanagedIn(organization, ["members"]),
    ...Object.fromEntries(own.map((key) => [key, 0])),
  };
  return Object.keys(left).length === 0 ? undefined : left;
}

type People = Record<string, { role: "owner" | "admin" | "member" }>;

function peopleOf(organization: OrganizationModel, workspace: WorkspaceModel): People {
  const members = Object.values(organization.members).filter((member) =>
    member.workspaces.includes(workspace.name),
  );
  return Object.fromEntries(members.map((member) => [member.email, { role: member.role }]));
}

function appsOf(workspace: WorkspaceModel) {
  return mapValues(workspace.apps, (app) => ({ url: app.url ?? undefined, domain: app.domain ?? undefined }));
}

function connectionsOf(workspace: WorkspaceModel) {
  return mapValues(workspace.connections, (connection) => ({
    kind: connection.kind,
    cloneOf: connection.cloneOf ?? undefined,
  }));
}

function cronOf(workspace: WorkspaceModel) {
  return mapValues(workspace.cron, (job) => ({ ...job }));
}

/**
 * The secrets of the workspace's edge functions: the organization's LLM key, and the credentials of each connection. Their
 * sources, the names in the manifest, aren't secret, so that a preview shows which secret is used.
 */
function secretsOf(organization: OrganizationModel, workspace: WorkspaceModel) {
  const secrets: Record<string, pulumi.Input<string>> = {};
  const sources: Record<string, string> = {};
  if (workspace.state === "deleted") return { secrets };
  const take = (name: string, reference: SecretReference) => {
    secrets[name] = secretValue(reference);
    sources[name] = reference.secret;
  };
  const provider = organization.llmProvider;
  if (provider !== null) secrets.LLM_PROVIDER = provider.kind;
  if (provider !== null && "apiKey" in provider) take("LLM_API_KEY", provider.apiKey);
  for (const [name, connection] of Object.entries(workspace.connections))
    take(`CONNECTION_${name.toUpperCase().replaceAll("-", "_")}`, connection.secret);
  const unmanaged = workspace.unmanaged.includes("connections") ? { unmanaged: { connections: 0 } } : {};
  return { secrets, ...unmanaged, ...(Object.keys(sources).length === 0 ? {} : { sources }) };
}

function mapValues<T, R>(record: Readonly<Record<string, T>>, change: (value: T) => R): Record<string, R> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}
