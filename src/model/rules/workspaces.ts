import { Cron } from "croner";
import type { OrganizationManifest } from "../../manifest/organization.ts";
import { connectionAt, findConnection } from "../connection.ts";
import { lookup } from "../defaults.ts";
import type { Objection } from "../finding.ts";
import { normalHost } from "../platform.ts";
import { declaredWorkspaces } from "../usage.ts";
import { firstName } from "../workspace.ts";
import { people } from "./people.ts";
import { unknownName } from "./platform.ts";
import type { OrganizationRule } from "./subject.ts";

const knownWorkspaces: OrganizationRule = {
  name: "known-workspace",
  check: ({ manifest }) => {
    const workspaces = declaredWorkspaces(manifest);
    return people(manifest).flatMap(({ person, path }) =>
      (person.workspaces ?? []).flatMap((name, index) =>
        unknownName("workspace", workspaces, name, [...path, "workspaces", index]),
      ),
    );
  },
};

/** An id comes from the first path a workspace had, so a path that was used before needs a higher generation. */
const pathUsedOnce: OrganizationRule = {
  name: "path-used-once",
  check: ({ manifest }) => {
    const workspaces = Object.entries(declaredWorkspaces(manifest));
    if (workspaces.every(([, { previously }]) => previously === undefined)) return [];
    return workspaces.flatMap(([name, workspace]) =>
      workspaces.flatMap(([other, { previously = [], generation: used = 1 }]) => {
        const { generation = 1 } = workspace;
        const begins = firstName(name, workspace);
        if (other === name || !previously.includes(begins) || generation > used) return [];
        return [
          {
            path: ["workspaces", name],
            part: "key" as const,
            message: `the name \`${begins}\` was \`${other}\`'s before, and ids come from names`,
            expected: `a generation above ${used}`,
            found: `generation ${generation}`,
            remedy: `add \`generation: ${used + 1}\` to \`${name}\`, or give it another name`,
          },
        ];
      }),
    );
  },
};

const previouslyAnother: OrganizationRule = {
  name: "previously-another",
  check: ({ manifest }) =>
    workspacesOf(manifest).flatMap(({ name, workspace, path }) =>
      (workspace.previously ?? []).flatMap((before, index) =>
        before === name || workspace.previously?.indexOf(before) !== index
          ? [
              {
                path: [...path, "previously", index],
                message: `\`${before}\` can't be a previous name of \`${name}\` here`,
                expected: "names that it had before, each once",
                found: `\`${before}\``,
                remedy: "take it out of `previously`",
              },
            ]
          : [],
      ),
    ),
};

const throwawayExpired: OrganizationRule = {
  name: "throwaway-expired",
  check: ({ manifest, today }) =>
    workspacesOf(manifest).flatMap(({ name, workspace, path }) =>
      workspace.expires !== undefined &&
      workspace.expires < today &&
      (workspace.state ?? "active") === "active"
        ? [
            {
              severity: "warning",
              path: [...path, "expires"],
              message: `the throwaway workspace \`${name}\` has expired`,
              expected: `a day from ${today} on`,
              found: `\`${workspace.expires}\``,
              remedy: "set `state: archived`, or give it a later day",
            },
          ]
        : [],
    ),
};

/** A connection says what it is, or whose copy it is. */
const connectionComplete: OrganizationRule = {
  name: "connection-complete",
  check: ({ manifest }) =>
    connectionsOf(manifest).flatMap(({ connection, path, name }) => {
      const { kind, secret, cloneOf } = connection;
      const complete =
        cloneOf === undefined
          ? kind !== undefined && secret !== undefined
          : kind === undefined && secret === undefined;
      if (complete) return [];
      return [
        {
          path,
          part: "key",
          message: `the connection \`${name}\` is ${cloneOf === undefined ? "incomplete" : "a copy and its own at once"}`,
          expected: "either `kind` and `secret`, or `cloneOf`",
          found:
            Object.keys(connection)
              .map((key) => `\`${key}\``)
              .join(" and ") || "nothing",
          remedy:
            cloneOf === undefined
              ? `add ${kind === undefined ? "`kind`" : "`secret`"}`
              : "take `kind` and `secret` out, or `cloneOf`",
        },
      ];
    }),
};

/** Connections are copied within an organization and shared with nobody. */
const cloneHasOrigin: OrganizationRule = {
  name: "clone-has-origin",
  check: ({ manifest }) =>
    connectionsOf(manifest).flatMap(({ connection, path }) => {
      const { cloneOf } = connection;
      if (cloneOf === undefined) return [];
      if (connectionAt(manifest, cloneOf) === undefined)
        return [noOrigin(manifest, cloneOf, [...path, "cloneOf"])];
      if (findConnection(manifest, connection) !== undefined) return [];
      return [
        {
          path: [...path, "cloneOf"],
          message: `\`${cloneOf}\` is a copy of a copy that has no beginning`,
          expected: "a connection with a `kind` and a `secret`",
          found: "copies only",
          remedy: "give one of them `kind` and `secret`",
        },
      ];
    }),
};

const cronSchedule: OrganizationRule = {
  name: "cron-schedule",
  check: ({ manifest }) =>
    workspacesOf(manifest).flatMap(({ workspace, path }) =>
      Object.entries(workspace.cron ?? {}).flatMap(([name, { schedule }]) => {
        const objection = scheduleObjection(schedule);
        return objection === undefined ? [] : [{ ...objection, path: [...path, "cron", name, "schedule"] }];
      }),
    ),
};

/** The platform's own suffix gives every app its URL; a custom domain is one of the customer's. */
const domainIsCustom: OrganizationRule = {
  name: "domain-is-custom",
  check: ({ manifest, platform }) => {
    const suffix = platform.appsDomain;
    if (suffix === null) return [];
    return appsOf(manifest).flatMap(({ domain, path }) =>
      domain === suffix || domain.endsWith(`.${suffix}`)
        ? [
            {
              path,
              message: `\`${domain}\` is under the platform's own \`${suffix}\``,
              expected: "a domain of the customer's",
              found: `\`${domain}\``,
              remedy: "take it out: the app has a URL of its own there",
            },
          ]
        : [],
    );
  },
};

const consentNamesDeletion: OrganizationRule = {
  name: "consent-names-deletion",
  check: ({ manifest, today }) =>
    (manifest.consents ?? []).flatMap((consent, index): Objection[] => {
      const [organization, workspaceName] = consent.delete.split("/");
      const workspace =
        workspaceName === undefined ? undefined : lookup(declaredWorkspaces(manifest), workspaceName);
      const exists =
        organization === manifest.name && (workspaceName === undefined || workspace !== undefined);
      if (!exists) {
        return [
          {
            path: ["consents", index, "delete"],
            message: `\`${consent.delete}\` is nothing of this organization`,
            expected: `\`${manifest.name}\` or \`${manifest.name}/<workspace>\``,
            found: `\`${consent.delete}\``,
            remedy: "correct the name, or take the consent out",
          },
        ];
      }
      if (consent.expires >= today) return [];
      return [
        {
          severity: "warning",
          path: ["consents", index, "expires"],
          message: `the consent to delete \`${consent.delete}\` has expired`,
          expected: `a day from ${today} on`,
          found: `\`${consent.expires}\``,
          remedy: "have it approved again until a later day, or take it out",
        },
      ];
    }),
};

export const WORKSPACE_RULES: readonly OrganizationRule[] = [
  knownWorkspaces,
  pathUsedOnce,
  previouslyAnother,
  throwawayExpired,
  connectionComplete,
  cloneHasOrigin,
  cronSchedule,
  domainIsCustom,
  consentNamesDeletion,
];

export function workspacesOf(manifest: OrganizationManifest) {
  return Object.entries(manifest.workspaces ?? {}).map(([name, workspace]) => ({
    name,
    workspace,
    path: ["workspaces", name],
  }));
}

function connectionsOf(manifest: OrganizationManifest) {
  return workspacesOf(manifest).flatMap(({ workspace, path }) =>
    Object.entries(workspace.connections ?? {}).map(([name, connection]) => ({
      name,
      connection,
      path: [...path, "connections", name],
    })),
  );
}

/** The custom domains of an organization's apps, in the spelling that is compared. */
export function appsOf(manifest: OrganizationManifest) {
  return workspacesOf(manifest).flatMap(({ workspace, path }) =>
    Object.entries(workspace.apps ?? {}).flatMap(([name, { domain }]) =>
      domain === undefined ? [] : [{ domain: normalHost(domain), path: [...path, "apps", name, "domain"] }],
    ),
  );
}

function noOrigin(manifest: OrganizationManifest, cloneOf: string, path: Objection["path"]): Objection {
  const known = Object.fromEntries(
    connectionsOf(manifest)
      .filter(({ connection }) => connection.cloneOf === undefined)
      .map((entry) => [`${entry.path[1]}/${entry.name}`, entry]),
  );
  const [objection] = unknownName("connection", known, cloneOf, path);
  return {
    path,
    message: `there is no connection \`${cloneOf}\` in this organization`,
    expected: objection?.expected,
    found: `\`${cloneOf}\``,
    remedy: objection?.remedy ?? "name another",
  };
}

type ScheduleObjection = Omit<Objection, "path">;

/** Thousands of workspaces share a few schedules, and judging one takes longer than all other rules together. */
const judged = new Map<string, ScheduleObjection | undefined>();

function scheduleObjection(schedule: string): ScheduleObjection | undefined {
  if (!judged.has(schedule)) judged.set(schedule, judgeSchedule(schedule));
  return judged.get(schedule);
}

function judgeSchedule(schedule: string): ScheduleObjection | undefined {
  const reason = faultOf(schedule);
  if (reason === undefined) return undefined;
  return {
    message: `the schedule isn't one of cron: ${reason}`,
    expected: "the five fields minute, hour, day, month and weekday, as `0 3 * * *`",
    found: `\`${schedule}\``,
    remedy: "correct the schedule",
  };
}

function faultOf(schedule: string): string | undefined {
  try {
    const cron = new Cron(schedule, { mode: "5-part", timezone: "UTC", paused: true });
    // Any fixed day will do: whether a schedule ever runs doesn't depend on today.
    return cron.nextRun("2024-01-01T00:00:00") === null ? "it would never run" : undefined;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return error.message.replace(/^CronPattern: /, "");
  }
}
