import { type Diagnostic, reporterOf } from "../../manifest/diagnostic.ts";
import type { OrganizationManifest } from "../../manifest/organization.ts";
import type { ParsedOrganization } from "../../manifest/read.ts";
import { appsOf, workspacesOf } from "./workspaces.ts";

/** A value that only one organization of a platform may declare. */
export interface UniqueValue {
  readonly rule: string;
  /** The noun for the value in messages. */
  readonly what: string;
  /** Normalized for comparison. */
  readonly value: string;
  readonly path: readonly string[];
  /** Lower-case texts that every file with the value contains. */
  readonly texts: readonly string[];
}

/** The values of an organization that must be unique on its platform. */
export function uniqueValues(manifest: OrganizationManifest): readonly UniqueValue[] {
  const domains = appsOf(manifest).map(({ domain, path }) => ({
    rule: "unique-custom-domain",
    what: "custom domain",
    value: domain,
    path,
    texts: [domain],
  }));
  const contacts = workspacesOf(manifest).flatMap(({ workspace: { email, slack }, path }): UniqueValue[] => [
    ...(email === undefined ? [] : [emailValue(email.toLowerCase(), path)]),
    // Messages in a channel go to one workspace's agent.
    ...(slack === undefined ? [] : [slackValue(slack.team, slack.channel, path)]),
  ]);
  return [...domains, ...contacts];
}

function emailValue(email: string, path: readonly string[]): UniqueValue {
  const what = "workspace e-mail address";
  return { rule: "unique-workspace-email", what, value: email, path: [...path, "email"], texts: [email] };
}

function slackValue(team: string, channel: string, path: readonly string[]): UniqueValue {
  return {
    rule: "unique-slack-channel",
    what: "Slack channel",
    value: `${team}/${channel}`,
    path: [...path, "slack"],
    texts: [team.toLowerCase(), channel.toLowerCase()],
  };
}

/**
 * Reports every place of a value that is declared twice. The files don't tell which was first, so each diagnostic names the other
 * place, which only readers of this repository see.
 *
 * @param others further organizations of the platform, which are compared but not checked themselves
 */
export function repeatedValues(
  organizations: readonly ParsedOrganization[],
  others: readonly ParsedOrganization[] = [],
): readonly Diagnostic[] {
  const places = new Map<string, Place[]>();
  const judged = organizations.map((organization) => placesOf(organization, places));
  for (const other of others) placesOf(other, places);
  return judged.flat().flatMap((place): Diagnostic[] => {
    const { file, rule, what, value, path } = place;
    const other = places.get(`${rule} ${value}`)?.find((each) => each !== place);
    if (other === undefined) return [];
    return [
      reporterOf(file)(
        { severity: "error", rule, path },
        {
          message: `the ${what} \`${value}\` is used twice`,
          expected: `each ${what} once on the platform`,
          found: `also at \`${other.path.join(".")}\` in ${other.file}`,
          remedy: "remove one of the two",
        },
      ),
    ];
  });
}

type Place = UniqueValue & { readonly file: string };

function placesOf({ manifest, file }: ParsedOrganization, places: Map<string, Place[]>): readonly Place[] {
  return uniqueValues(manifest).map((value) => {
    const place = { ...value, file };
    const key = `${value.rule} ${value.value}`;
    places.set(key, [...(places.get(key) ?? []), place]);
    return place;
  });
}
