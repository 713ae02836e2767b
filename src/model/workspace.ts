import type { OrganizationManifest, WorkspaceManifest } from "../manifest/organization.ts";
import { WORKSPACE_COLLECTIONS } from "../shared/collections.ts";
import { domainRecord } from "../shared/domain-record.ts";
import { projectName, stableId } from "../shared/ids.ts";
import { LIFECYCLE_STATES, type LifecycleState } from "../shared/lifecycle.ts";
import { findConnection } from "./connection.ts";
import { mapValues, normalizeHost, titleOf } from "./defaults.ts";
import type { ApiKeyModel, AppModel, ConnectionModel, PlatformModel, WorkspaceModel } from "./model.ts";

/** What a workspace inherits from its platform and organization. */
export interface WorkspaceContext {
  readonly platform: PlatformModel;
  readonly organization: OrganizationManifest;
  /** The organization's path, from which the ids of its workspaces are derived. */
  readonly path: string;
}

/** Resolves a workspace. */
export function workspaceModel(
  above: WorkspaceContext,
  name: string,
  manifest: WorkspaceManifest,
): WorkspaceModel {
  const { platform, organization } = above;
  const { generation = 1 } = manifest;
  const id = idOf(above.path, firstName(name, manifest), generation);
  return {
    name,
    previously: [...(manifest.previously ?? [])],
    id,
    generation,
    displayName: manifest.displayName ?? titleOf(name),
    state: laterState(organization.state ?? "active", manifest.state ?? "active"),
    project: {
      name: projectName([platform.name, organization.name, name], id),
      organization: platform.project.organization,
      region: manifest.region ?? platform.project.region,
      compute: manifest.compute ?? platform.project.compute,
    },
    unmanaged: WORKSPACE_COLLECTIONS.filter((collection) => manifest[collection] === undefined),
    apiKeys: mapValues(manifest.apiKeys ?? {}, apiKeyModel),
    connections: connectionModels(organization, manifest),
    apps: mapValues(manifest.apps ?? {}, (app, appName) => appModel(platform, id, appName, app)),
    email: manifest.email?.toLowerCase() ?? null,
    slack: slackOf(manifest.slack),
    cron: mapValues(manifest.cron ?? {}, ({ schedule, task }) => ({ schedule, task })),
    keepUntil: manifest.keepUntil ?? null,
    expires: manifest.expires ?? null,
  };
}

function idOf(path: string, first: string, generation: number): string {
  return stableId(`${path}/${first}`, generation);
}

/** The ids of the workspace and of its earlier generations, the oldest first. */
export function workspaceIds(
  path: string,
  { name, previously, generation }: Pick<WorkspaceModel, "name" | "previously" | "generation">,
): string[] {
  const first = previously[0] ?? name;
  return Array.from({ length: generation }, (_, before) => idOf(path, first, before + 1));
}

/** Copies the keys in a fixed order, so that the order in the file doesn't matter. */
function slackOf(slack: WorkspaceManifest["slack"]): WorkspaceModel["slack"] {
  return slack === undefined ? null : { team: slack.team, channel: slack.channel };
}

/** A workspace's first name, from which its id is derived. */
export function firstName(name: string, { previously = [] }: WorkspaceManifest): string {
  return previously[0] ?? name;
}

/** An organization's state holds for its workspaces too, so the later of the two counts. */
function laterState(a: LifecycleState, b: LifecycleState): LifecycleState {
  return LIFECYCLE_STATES.indexOf(a) > LIFECYCLE_STATES.indexOf(b) ? a : b;
}

const SECONDS = { m: 60, h: 3600, d: 86_400 } as const;

function apiKeyModel({
  rotate,
  grace = "7d",
}: {
  rotate?: string | undefined;
  grace?: string | undefined;
}): ApiKeyModel {
  const unit = grace.at(-1) as keyof typeof SECONDS;
  return { rotate: rotate ?? null, graceSeconds: Number.parseInt(grace, 10) * SECONDS[unit] };
}

/** Resolves an app. Its URL contains the workspace's id instead of its name, so that it survives a rename and is never reused. */
function appModel(
  platform: PlatformModel,
  workspaceId: string,
  name: string,
  { domain }: { domain?: string | undefined },
): AppModel {
  const host = domain === undefined ? null : normalizeHost(domain);
  return {
    url: platform.appsDomain && `${name}-${workspaceId.slice(0, 8)}.${platform.appsDomain}`,
    domain: host,
    proof: host === null ? null : domainRecord(workspaceId, name, host),
  };
}

function connectionModels(
  organization: OrganizationManifest,
  { connections = {} }: WorkspaceManifest,
): Record<string, ConnectionModel> {
  return mapValues(connections, (connection) => {
    const origin = findConnection(organization, connection);
    return {
      kind: origin?.kind ?? "",
      secret: { secret: origin?.secret ?? "" },
      cloneOf: connection.cloneOf ?? null,
    };
  });
}
