import fc from "fast-check";
import { COMPUTE_SIZES, REGIONS } from "../../src/core/supabase-catalogue.ts";
import type { OrganizationManifest, WorkspaceManifest } from "../../src/manifest/organization.ts";

/** Slugs, names that objects inherit among them. */
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

const workspace: fc.Arbitrary<WorkspaceManifest> = fc.record(
  {
    displayName: line,
    generation: fc.integer({ min: 1, max: 9 }),
    state: fc.constantFrom("active", "suspended", "archived", "deleted"),
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

const reload = fc.oneof(
  fc.constantFrom("off" as const, false as const),
  fc.record({ below: fc.nat(), add: fc.integer({ min: 1 }) }),
  fc.nat(1000).map((below) => ({ below, upTo: below + 1 })),
);

/** Sound organizations of the platform in `tests/manifest/folder.ts`, on its plan that holds everything. */
export const organizations: fc.Arbitrary<OrganizationManifest> = fc
  .record({
    workspaces: fc.option(fc.dictionary(slug, workspace, { maxKeys: 5 }), { nil: undefined }),
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
  })
  .map(({ workspaces, people, roles, grants, reload, displayName, generation, invites, expires }) => {
    const names = Object.keys(workspaces ?? { personal: {} });
    const [owner = "ada", ...others] = people;
    const members = others.map((name, index) => {
      const role = roles[index] ?? "member";
      const granted = role === "member" && grants[index] ? { workspaces: names.slice(0, index) } : {};
      return { email: `${name}@acme.example`, role, ...granted };
    });
    const invitations = members.map((member) => ({ ...member, email: `new-${member.email}`, expires }));
    return {
      apiVersion: "tenantry/v1" as const,
      kind: "Organization" as const,
      name: "acme",
      plan: "big",
      owner: `${owner}@acme.example`,
      members,
      ...(displayName === undefined ? {} : { displayName }),
      ...(generation === undefined ? {} : { generation }),
      ...(invites ? { invitations } : {}),
      ...(reload === undefined ? {} : { wallets: { data: { autoReload: reload } } }),
      ...(workspaces === undefined ? {} : { workspaces }),
    };
  });
