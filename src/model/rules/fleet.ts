import type { ParsedOrganization } from "../../manifest/read.ts";
import type { Finding } from "../finding.ts";
import { appsOf, workspacesOf } from "./workspaces.ts";

/** What a rule about all organizations of a platform objects to. */
export interface FleetRule {
  readonly name: string;
  readonly check: (organizations: readonly ParsedOrganization[]) => readonly Finding[];
}

const uniqueDomains: FleetRule = {
  name: "unique-custom-domain",
  check: (organizations) =>
    repeated(organizations, "unique-custom-domain", "custom domain", ({ manifest }) =>
      appsOf(manifest).map(({ domain, path }) => ({ value: domain, path })),
    ),
};

const uniqueEmails: FleetRule = {
  name: "unique-workspace-email",
  check: (organizations) =>
    repeated(organizations, "unique-workspace-email", "workspace e-mail address", ({ manifest }) =>
      workspacesOf(manifest).flatMap(({ workspace, path }) =>
        workspace.email === undefined
          ? []
          : [{ value: workspace.email.toLowerCase(), path: [...path, "email"] }],
      ),
    ),
};

/** What is written in a channel goes to one workspace's agent. */
const uniqueSlackChannels: FleetRule = {
  name: "unique-slack-channel",
  check: (organizations) =>
    repeated(organizations, "unique-slack-channel", "Slack channel", ({ manifest }) =>
      workspacesOf(manifest).flatMap(({ workspace: { slack }, path }) =>
        slack === undefined ? [] : [{ value: `${slack.team}/${slack.channel}`, path: [...path, "slack"] }],
      ),
    ),
};

export const FLEET_RULES: readonly FleetRule[] = [uniqueDomains, uniqueEmails, uniqueSlackChannels];

/** Objects to every second use of a value. It names the other file, which only readers of this repository see. */
function repeated(
  organizations: readonly ParsedOrganization[],
  rule: string,
  what: string,
  usesOf: (organization: ParsedOrganization) => readonly { value: string; path: readonly string[] }[],
): readonly Finding[] {
  const first = new Map<string, { file: string; path: readonly string[] }>();
  const findings: Finding[] = [];
  for (const organization of organizations) {
    for (const { value, path } of usesOf(organization)) {
      const other = first.get(value);
      if (other === undefined) {
        first.set(value, { file: organization.file, path });
        continue;
      }
      findings.push({
        severity: "error",
        rule,
        file: organization.file,
        path,
        message: `the ${what} \`${value}\` is used twice`,
        expected: `each ${what} once on the platform`,
        found: `also at \`${other.path.join(".")}\` in ${other.file}`,
        remedy: "take one of the two out",
      });
    }
  }
  return findings;
}
