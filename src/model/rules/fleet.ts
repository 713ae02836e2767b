import type { OrganizationManifest } from "../../manifest/organization.ts";
import type { ParsedOrganization } from "../../manifest/read.ts";
import type { Finding } from "../finding.ts";
import { connectionsOf } from "./connections.ts";
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

/** A key or a credential of one organization works for no other. Within one, connections may be to the same thing. */
const secretOfOneOrganization: FleetRule = {
  name: "secret-of-one-organization",
  check: (organizations) => {
    const first = new Map<string, ParsedOrganization>();
    return organizations.flatMap((organization) =>
      secretsOf(organization.manifest).flatMap(({ secret, path }): Finding[] => {
        const other = first.get(secret) ?? organization;
        first.set(secret, other);
        if (other === organization) return [];
        return [
          {
            severity: "error",
            rule: "secret-of-one-organization",
            file: organization.file,
            path,
            message: `the secret \`${secret}\` is another organization's`,
            expected: "secrets that no other organization names",
            found: `also in ${other.file}`,
            remedy: `give it a name of its own, as \`${organization.manifest.name}-${secret}\``,
          },
        ];
      }),
    );
  },
};

export const FLEET_RULES: readonly FleetRule[] = [
  uniqueDomains,
  uniqueEmails,
  uniqueSlackChannels,
  secretOfOneOrganization,
];

function secretsOf(manifest: OrganizationManifest) {
  const key = manifest.llmProvider?.apiKey?.secret;
  return [
    ...(key === undefined ? [] : [{ secret: key, path: ["llmProvider", "apiKey", "secret"] }]),
    ...connectionsOf(manifest).flatMap(({ connection: { secret }, path }) =>
      secret === undefined ? [] : [{ secret, path: [...path, "secret"] }],
    ),
  ];
}

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
