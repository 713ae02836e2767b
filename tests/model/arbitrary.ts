import fc from "fast-check";
import type { OrganizationManifest, WorkspaceManifest } from "../../src/manifest/organization.ts";
import { deletionName } from "../../src/model/consents.ts";
import { COMPUTE_SIZES, REGIONS } from "../../src/shared/supabase-catalogue.ts";

/** Slugs, including names of inherited properties. */
const slug = fc.oneof(
  fc.constantFrom("constructor", "production", "staging", "to-string", "a", "x9"),
  fc.stringMatching(/^[a-z][a-z0-9]{0,6}(-[a-z0-9]{1,5}){0,2}$/),
);

const date = fc
  .date({ min: new Date("2026-12-01"), max: new Date("2099-12-31"), noInvalidDate: true })
  .map((day) => day.toISOString().slice(0, 10));

const line = fc.stringMatching(/^[ -~]{0,20}[!-~]$/);

const apiKey = fc.record(
  { rotate: fc.stringMatching(/^[0-9a-z.-]{1,10}$/), grace: fc.constantFrom("30m", "24h", "7d") },
  { requiredKeys: [] },
);

const life = fc.oneof(
  fc.record({ state: fc.constantFrom("active", "suspended", "archived", "deleted") }, { requiredKeys: [] }),
  fc.record({ state: fc.constant("archived" as const), keepUntil: date }),
);

const settings = fc.record(
  {
    displayName: line,
    generation: fc.integer({ min: 1, max: 9 }),
    region: fc.constantFrom(...REGIONS),
    compute: fc.constantFrom(...COMPUTE_SIZES),
    apiKeys: fc.dictionary(slug, apiKey, { maxKeys: 3 }),
    connections: fc.dictionary(slug, fc.record({ kind: slug, secret: slug }), { maxKeys: 3 }),
    apps: fc.dictionary(slug, fc.constant({}), { maxKeys: 3 }),
    cron: fc.dictionary(
      slug,
      fc.record({ schedule: fc.constantFrom("0 3 * * *", "*/5 * * * 1-5"), task: line }),
      {
        maxKeys: 2,
      },
    ),
    expires: date,
  },
  { requiredKeys: [] },
);

const workspace: fc.Arbitrary<WorkspaceManifest> = fc
  .tuple(settings, life)
  .map(([some, state]) => ({ ...some, ...state }));

const reload = fc.oneof(
  fc.constantFrom("off" as const, false as const),
  fc.record({ below: fc.nat(), add: fc.integer({ min: 50 }) }),
  fc.nat(1000).map((below) => ({ below, upTo: below + 50 })),
);

/** Copies each workspace's first connection to the next workspace, and gives every third app a custom domain. */
function enriched(
  workspaces: Readonly<Record<string, WorkspaceManifest>>,
  organization: string,
): Record<string, WorkspaceManifest> {
  const names = Object.keys(workspaces);
  return Object.fromEntries(
    Object.entries(workspaces).map(([name, each], index) => {
      const before = names[index - 1];
      const origin = before && Object.keys(workspaces[before]?.connections ?? {})[0];
      const copy: WorkspaceManifest["connections"] =
        origin === undefined ? {} : { "the-copy": { cloneOf: `${before}/${origin}` } };
      // A secret must belong to the organization.
      const own = Object.entries(each.connections ?? {}).map(([connection, { kind, secret }]) => [
        connection,
        { kind, secret: `${organization}-${secret}` },
      ]);
      const apps = Object.entries(each.apps ?? {}).map(([app], position) => [
        app,
        position % 3 === 0 ? { domain: `${app}.${name}.${organization}.example` } : {},
      ]);
      const contacts = {
        email: `${name}@${organization}.mail.example`,
        slack: { team: `T0${organization.toUpperCase()}`, channel: `C0${index}` },
      };
      return [
        name,
        {
          ...each,
          ...(index % 2 === 0 ? contacts : {}),
          connections: { ...Object.fromEntries(own), ...copy },
          apps: Object.fromEntries(apps),
        },
      ];
    }),
  );
}

function consentsFor(
  organization: Pick<OrganizationManifest, "name" | "generation">,
  workspaces: Readonly<Record<string, WorkspaceManifest>>,
) {
  return Object.entries(workspaces)
    .filter(([, { state }]) => state === "deleted")
    .map(([name, workspace]) => ({
      delete: deletionName(organization, { ...workspace, name }),
      reason: "the contract ended",
      approvedBy: "support@shop.example",
      expires: "2099-12-31",
    }));
}

const claimTokens = fc.dictionary(
  slug,
  fc.record({ role: fc.constantFrom("admin" as const, "member" as const), expires: date }),
  { maxKeys: 2 },
);

const override = fc.record({
  value: fc.oneof(fc.constant("unlimited" as const), fc.integer({ min: 100, max: 1_000_000 })),
  reason: line,
  approvedBy: fc.constant("support@shop.example"),
  expires: date,
});

/** Only limits that aren't counted here, so that smaller plans are still too small. */
const limits = fc.record({ rpm: override, webhookEvents: override }, { requiredKeys: [] });

/** Members and open invitations, with grants for some of the members. */
function guestsOf({ people, roles, grants, invites, expires }: Drawn, organization: string, names: string[]) {
  const members = people.slice(1).map((name, index) => {
    const role = roles[index] ?? "member";
    const granted = role === "member" && grants[index] ? { workspaces: names.slice(0, index) } : {};
    return { email: `${name}@${organization}.example`, role, ...granted };
  });
  const invitations = members.map((member) => ({ ...member, email: `new-${member.email}`, expires }));
  return { members, ...(invites ? { invitations } : {}) };
}

const MOST_WORKSPACES = 5;

function modelsOf(kind: string, organization: string): OrganizationManifest["llmProvider"] {
  return kind === "hosted" ? { kind } : { kind, apiKey: { secret: `${organization}-models` } };
}

const drawn = fc.record({
  workspaces: fc.option(fc.dictionary(slug, workspace, { maxKeys: MOST_WORKSPACES }), { nil: undefined }),
  people: fc.uniqueArray(fc.stringMatching(/^[A-Za-z]{1,8}$/), {
    selector: (name) => name.toLowerCase(),
    minLength: 1,
    maxLength: 6,
  }),
  roles: fc.array(fc.constantFrom("admin" as const, "member" as const), { minLength: 6, maxLength: 6 }),
  grants: fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }),
  reload: fc.option(reload, { nil: undefined }),
  displayName: fc.option(line, { nil: undefined }),
  generation: fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }),
  invites: fc.boolean(),
  expires: date,
  more: fc.record(
    { claimTokens, limits, llmProvider: fc.constantFrom("hosted", "anthropic") },
    { requiredKeys: [] },
  ),
});

type Drawn = typeof drawn extends fc.Arbitrary<infer T> ? T : never;

/** Valid organizations of the platform in `tests/manifest/folder.ts`, on its unlimited plan. */
export function organizationsNamed(
  organization: string,
  mostWorkspaces = MOST_WORKSPACES,
): fc.Arbitrary<OrganizationManifest> {
  return drawn.map((some) => {
    const { people, reload, displayName, generation, more } = some;
    const few =
      some.workspaces && Object.fromEntries(Object.entries(some.workspaces).slice(0, mostWorkspaces));
    const workspaces = few && enriched(few, organization);
    const consents = consentsFor({ name: organization, generation }, workspaces ?? {});
    return {
      apiVersion: "tenantry/v1" as const,
      kind: "Organization" as const,
      name: organization,
      plan: "big",
      owner: `${people[0]}@${organization}.example`,
      ...guestsOf(some, organization, Object.keys(workspaces ?? { personal: {} })),
      ...(displayName === undefined ? {} : { displayName }),
      ...(generation === undefined ? {} : { generation }),
      ...(more.claimTokens === undefined ? {} : { claimTokens: more.claimTokens }),
      ...(more.limits === undefined ? {} : { limits: more.limits }),
      ...(more.llmProvider === undefined ? {} : { llmProvider: modelsOf(more.llmProvider, organization) }),
      ...(reload === undefined ? {} : { wallets: { data: { autoReload: reload } } }),
      ...(workspaces === undefined ? {} : { workspaces }),
      ...(consents.length === 0 ? {} : { consents }),
    };
  });
}

export const organizations = organizationsNamed("acme");
