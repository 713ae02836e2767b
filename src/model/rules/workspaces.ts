import type { OrganizationManifest } from "../../manifest/organization.ts";
import { normalizeHost } from "../defaults.ts";
import { scheduleError } from "../schedule.ts";
import { declaredWorkspaces } from "../usage.ts";
import { people } from "./people.ts";
import { unknownName } from "./platform.ts";
import type { RuleDiagnostic } from "./rule.ts";
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

const cronSchedule: OrganizationRule = {
  name: "cron-schedule",
  check: ({ manifest }) =>
    workspacesOf(manifest).flatMap(({ workspace, path }) =>
      Object.entries(workspace.cron ?? {}).flatMap(([name, { schedule }]) => {
        const error = checkSchedule(schedule);
        return error === undefined ? [] : [{ ...error, path: [...path, "cron", name, "schedule"] }];
      }),
    ),
};

/** A custom domain belongs to the customer. Under the platform's own domain, every app already has a URL. */
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
              expected: "a domain that belongs to the customer",
              found: `\`${domain}\``,
              remedy: "remove it: the app already has a URL there",
            },
          ]
        : [],
    );
  },
};

export const WORKSPACE_RULES: readonly OrganizationRule[] = [knownWorkspaces, cronSchedule, domainIsCustom];

export function workspacesOf(manifest: OrganizationManifest) {
  return Object.entries(manifest.workspaces ?? {}).map(([name, workspace]) => ({
    name,
    workspace,
    path: ["workspaces", name],
  }));
}

/** The custom domains of an organization's apps, normalized for comparison. */
export function appsOf(manifest: OrganizationManifest) {
  return workspacesOf(manifest).flatMap(({ workspace, path }) =>
    Object.entries(workspace.apps ?? {}).flatMap(([name, { domain }]) =>
      domain === undefined
        ? []
        : [{ domain: normalizeHost(domain), path: [...path, "apps", name, "domain"] }],
    ),
  );
}

type ScheduleError = Omit<RuleDiagnostic, "path">;

/** A cache, because checking one schedule takes longer than all other rules, and thousands of workspaces share a few. */
const checkedSchedules = new Map<string, ScheduleError | undefined>();

function checkSchedule(schedule: string): ScheduleError | undefined {
  if (!checkedSchedules.has(schedule)) checkedSchedules.set(schedule, scheduleErrorOf(schedule));
  return checkedSchedules.get(schedule);
}

function scheduleErrorOf(schedule: string): ScheduleError | undefined {
  const reason = scheduleError(schedule);
  if (reason === undefined) return undefined;
  return {
    message: `the schedule isn't a valid cron expression: ${reason}`,
    expected: "the five fields minute, hour, day, month and weekday, such as `0 3 * * *`",
    found: `\`${schedule}\``,
    remedy: "correct the schedule",
  };
}
