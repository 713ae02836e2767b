import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { lostAtEnd } from "../../src/changes/lost-ends.ts";
import { removedWorkspaces } from "../../src/changes/removals.ts";
import { parseManifest } from "../../src/manifest/parse.ts";
import { readPlatformFolder } from "../../src/manifest/read.ts";
import { readRepository } from "../../src/manifest/repository.ts";
import type { OrganizationModel } from "../../src/model/model.ts";
import { resolveOrganization, resolvePlatform } from "../../src/model/resolve.ts";
import { OfflineEngine } from "../../src/offline/offline-engine.ts";

const TODAY = "2026-11-22";
const STACKS = join(import.meta.dirname, "../../stacks");

/** A platform's manifests, and what resolves the text of one of its organizations. */
async function platformIn(name: string) {
  const folder = join(STACKS, name);
  const { platform, organizations } = await readPlatformFolder(folder);
  if (platform === undefined) throw new Error(`${folder} has errors`);
  const repository = readRepository(folder, platform, organizations);
  const model = resolvePlatform({ platform, repository, today: TODAY }).model;
  if (model === undefined) throw new Error(`${folder} breaks a rule`);
  /** Undefined if the text doesn't parse or breaks a rule. */
  const resolved = (text: string, file: string): OrganizationModel | undefined => {
    const { manifest, openEnd } = parseManifest("Organization", text, file);
    if (manifest === undefined) return undefined;
    const organization = { file, manifest, openEnd };
    return resolveOrganization({ platform, repository, organization, today: TODAY }).model;
  };
  const recorded = async (organization: OrganizationModel) => {
    const models = { before: { platform: model, organization }, after: undefined };
    const engine = new OfflineEngine(new Map([[organization.stack, models]]), TODAY);
    return (await engine.resources({ stack: organization.stack } as never)) ?? [];
  };
  return { organizations, resolved, recorded };
}

/** The people, tokens, keys, domains and connections that an applied manifest revokes. */
function revoked(before: OrganizationModel, after: OrganizationModel): string[] {
  const isKept = (collection: OrganizationModel["unmanaged"][number]) => after.unmanaged.includes(collection);
  const missing = (was: object, is: object) => Object.keys(was).filter((name) => !Object.hasOwn(is, name));
  const workspaces = Object.entries(after.workspaces).flatMap(([name, now]) => {
    const was = before.workspaces[name];
    if (was === undefined) return [];
    const domains = Object.entries(was.apps).filter(([app, { domain }]) => now.apps[app]?.domain !== domain);
    const access = Object.values(after.members)
      .filter(({ managesWorkspaces, workspaces }) => managesWorkspaces && !workspaces.includes(name))
      .filter(({ email }) => before.members[email]?.workspaces.includes(name))
      .map(({ email }) => `${name} of ${email}`);
    return [
      ...(now.unmanaged.includes("apiKeys") ? [] : missing(was.apiKeys, now.apiKeys)),
      ...(now.unmanaged.includes("connections") ? [] : missing(was.connections, now.connections)),
      ...(now.unmanaged.includes("cron") ? [] : missing(was.cron, now.cron)),
      ...(now.unmanaged.includes("apps")
        ? []
        : [...missing(was.apps, now.apps), ...domains.map(([app]) => app)]),
      ...access,
    ];
  });
  return [
    ...(before.owner === after.owner ? [] : [before.owner]),
    ...(isKept("members") ? [] : missing(before.members, after.members)),
    ...(isKept("invitations") ? [] : missing(before.invitations, after.invitations)),
    ...(isKept("claimTokens") ? [] : missing(before.claimTokens, after.claimTokens)),
    ...workspaces,
  ];
}

/** An organization whose collections all have a line for each entry. */
function large(people: number): string {
  const numbers = Array.from({ length: people }, (_, index) => index);
  return [
    "apiVersion: tenantry/v1\nkind: Organization\nname: acme\nplan: launch\nowner: ada@acme.example",
    "members:",
    ...numbers.map(
      (number) => `  - email: person-${number}@acme.example\n    role: ${number % 9 ? "member" : "admin"}`,
    ),
    "claimTokens:",
    ...["door", "gate"].map((name) => `  ${name}:\n    role: member\n    expires: 2099-12-31`),
    "limits:\n  seats: { value: unlimited, reason: contract, approvedBy: ada@acme.example, expires: 2099-12-31 }",
    "workspaces:\n  personal:\n    apiKeys:",
    ...["ci", "backend", "mobile"].map((name) => `      ${name}: {}`),
    "    connections:",
    ...["warehouse", "crm"].map(
      (name) => `      ${name}:\n        kind: bigquery\n        secret: acme-${name}`,
    ),
    "",
  ].join("\n");
}

describe("a file that is cut at any byte", () => {
  /** What it revokes at each cut, unless it is refused. */
  async function losses(platformName: string, text: string, cuts: Iterable<number>): Promise<string[]> {
    const platform = await platformIn(platformName);
    const whole = platform.resolved(text, "orgs/acme.yaml");
    if (whole === undefined) throw new Error("the whole file has errors");
    const recorded = await platform.recorded(whole);
    const bytes = Buffer.from(text);
    const lost: string[] = [];
    for (const cut of cuts) {
      const after = platform.resolved(bytes.subarray(0, cut).toString("utf8"), "orgs/acme.yaml");
      if (after === undefined || removedWorkspaces(after, recorded).length > 0) continue;
      if (lostAtEnd(after, recorded).length > 0) continue;
      const gone = revoked(whole, after);
      if (gone.length > 0) lost.push(`${cut}: ${gone.join(", ")}`);
    }
    return lost;
  }

  test.each(["agntdata", "camelai"])("revokes nothing in the examples of %s", async (name) => {
    const { organizations } = await platformIn(name);
    expect(organizations.length).toBeGreaterThan(0);
    for (const { file } of organizations) {
      const text = readFileSync(file, "utf8");
      const cuts = Array.from({ length: Buffer.byteLength(text) }, (_, index) => index + 1);
      expect(await losses(name, text, cuts), file).toEqual([]);
    }
  });

  test("revokes nothing in a large file with a line for each entry", async () => {
    const text = large(300);
    const ends = [...text.matchAll(/\n/g)].map(({ index }) => index + 1);
    const cuts = [...ends.filter((_, index) => index % 7 === 0), ...ends.slice(-20)];
    expect(await losses("agntdata", text, [...cuts, ...cuts.map((cut) => cut - 3)])).toEqual([]);
  });
});

describe("entries that are missing at the end of a file", () => {
  const HEAD =
    "apiVersion: tenantry/v1\nkind: Organization\nname: acme\nplan: launch\nowner: ada@acme.example\n";
  const GRACE = "  - { email: grace@acme.example, role: admin }\n";
  const ALAN = "  - { email: alan@acme.example, role: admin }\n";

  test.each<[what: string, text: string, refused: boolean]>([
    ["are refused in a list with a line for each entry", `${HEAD}members:\n${GRACE}`, true],
    ["are removed if the file has its end marker", `${HEAD}members:\n${GRACE}...\n`, false],
    ["are removed from a list in brackets", `${HEAD}members: [${GRACE.trim().slice(2)}]\n`, false],
    ["are removed from a list before another key", `${HEAD}members:\n${GRACE}trial: false\n`, false],
    ["are removed from an empty list", `${HEAD}members: []\n`, false],
  ])("%s", async (_, text, refused) => {
    const { resolved, recorded } = await platformIn("agntdata");
    const before = resolved(`${HEAD}members:\n${GRACE}${ALAN}`, "orgs/acme.yaml");
    const after = resolved(text, "orgs/acme.yaml");
    if (before === undefined || after === undefined) throw new Error("a manifest has errors");
    expect(revoked(before, after)).toContain("alan@acme.example");
    const found = lostAtEnd(after, await recorded(before)).map(({ message }) => message);
    expect(found).toEqual(
      refused ? ["the file of acme ends in `members`, and 1 entry of it is missing: alan@acme.example"] : [],
    );
  });
});
