import * as pulumi from "@pulumi/pulumi";
import type { OrganizationModel, WorkspaceModel } from "../src/model/model.ts";
import { databaseDefinition } from "./database.ts";
import { declare } from "./declare.ts";
import { secretValue } from "./secrets.ts";

export interface WorkspaceArgs {
  readonly organization: OrganizationModel;
  readonly workspace: WorkspaceModel;
  readonly controlPlane: { readonly organization: string; readonly name: string };
  /** Who issues the tokens that the workspace trusts. */
  readonly issuer: pulumi.Input<string>;
}

/**
 * One workspace: its Supabase project, database with row security, settings and secrets, and its rows in the control plane.
 *
 * Its row in the control plane comes before the people who may enter its database, so that whoever is removed is out of
 * the control plane first.
 */
export class Workspace extends pulumi.ComponentResource {
  readonly url: pulumi.Output<string>;

  constructor(name: string, args: WorkspaceArgs, options: pulumi.ComponentResourceOptions) {
    super("tenantry:index:Workspace", name, {}, options);
    const { organization, workspace, controlPlane } = args;

    const project = declare(
      "supabase:Project",
      `${name}-project`,
      { ...workspace.project, databasePassword: { id: workspace.id }, state: workspace.state },
      { parent: this },
      ["ref"],
    );
    // What is inside the project goes with it.
    const inside = (...dependsOn: pulumi.Resource[]) => ({ parent: this, deletedWith: project, dependsOn });
    const ready = declare("supabase:Ready", `${name}-ready`, { project: project.ref }, inside(), ["apiUrl"]);
    const ref = project.ref;

    const settings = declare(
      "supabase:Settings",
      `${name}-settings`,
      {
        project: ref,
        api: { schemas: ["public"] },
        auth: { disableSignup: true },
        thirdPartyAuth: [{ issuer: args.issuer }],
      },
      inside(ready),
    );

    const definition = databaseDefinition("workspace");
    const access = declare(
      "postgres:Access",
      `${name}-access`,
      { project: ref, ...definition.access },
      inside(ready),
    );
    const schema = declare(
      "postgres:Schema",
      `${name}-schema`,
      { project: ref, schemas: [...definition.schemas], migrations: definition.migrations },
      inside(access),
    );
    const rowSecurity = declare(
      "postgres:RowSecurity",
      `${name}-row-security`,
      { project: ref, ...definition.rowSecurity },
      inside(schema),
    );

    const row = declare(
      "directory:Workspace",
      `${name}-directory`,
      {
        controlPlane: { ...controlPlane },
        organization: organization.id,
        workspaceId: workspace.id,
        name: workspace.name,
        generation: workspace.generation,
        displayName: workspace.displayName,
        state: workspace.state,
        expires: workspace.expires ?? undefined,
        projectRef: ref,
        projectUrl: ready.apiUrl,
        region: workspace.project.region,
        email: workspace.email ?? undefined,
        slack: workspace.slack === null ? undefined : { ...workspace.slack },
        access: peopleOf(organization, workspace),
        apps: appsOf(workspace),
        connections: connectionsOf(workspace),
        cron: cronOf(workspace),
      },
      { parent: this },
    );
    declare(
      "directory:WorkspaceMembers",
      `${name}-members`,
      {
        project: ref,
        workspace: workspace.id,
        issuer: args.issuer,
        members: peopleOf(organization, workspace),
      },
      inside(row, rowSecurity),
    );
    declare(
      "supabase:Secrets",
      `${name}-secrets`,
      { project: ref, secrets: secretsOf(organization, workspace) },
      inside(ready),
    );

    this.url = ready.apiUrl;
    this.registerOutputs({ url: this.url, settings: settings.id });
  }
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

/** What the workspace's own functions may read: the organization's LLM key, and each connection's credentials. */
function secretsOf(
  organization: OrganizationModel,
  workspace: WorkspaceModel,
): Record<string, pulumi.Input<string>> {
  const secrets: Record<string, pulumi.Input<string>> = {};
  const provider = organization.llmProvider;
  if (provider !== null) secrets.LLM_PROVIDER = provider.kind;
  if (provider !== null && "apiKey" in provider) secrets.LLM_API_KEY = secretValue(provider.apiKey);
  for (const [name, connection] of Object.entries(workspace.connections))
    secrets[`CONNECTION_${name.toUpperCase().replaceAll("-", "_")}`] = secretValue(connection.secret);
  return secrets;
}

function mapValues<T, R>(record: Readonly<Record<string, T>>, change: (value: T) => R): Record<string, R> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}
